"""`carbon_block`: writes codecarbon's runs, or a metered piece of our own work, as the block of a card's header."""

from openness.carbon.card_block import STAGES, CardBlock, NoRuns, block_of_csv, block_of_runs
from openness.carbon.emissions_csv import CHARACTERS_MOST
from openness.carbon.report import Run
from openness.loose_files import Unreadable, read_bounded
from registry.cli import YES, BadInput, StemmaCommand
from registry.models import EnergyRun


class Command(StemmaCommand):
    help = (
        "Write an emissions.csv of codecarbon, or one of our own metered runs, as a card's co2_eq_emissions in grams."
    )

    def add_arguments(self, parser):
        source = parser.add_mutually_exclusive_group(required=True)
        source.add_argument("file", nargs="?", metavar="FILE.csv", help="emissions.csv of codecarbon, of any version")
        source.add_argument("--run", type=int, metavar="N", help="a run that /energy shows, by its number")
        parser.add_argument("--training-type", choices=STAGES, default="", help="nothing in the file tells it")

    def work(self, *, file, run, training_type, **options) -> int:
        block = block_of_energy_run(run, training_type) if file is None else block_of_file(file, training_type)
        for warning in block.warnings:
            self.stderr.write(warning)
        self.put(block.as_json(), block.yaml)
        return YES


def block_of_file(file: str, training_type: str) -> CardBlock:
    """Raises BadInput."""
    try:
        return block_of_csv(read_bounded(file, CHARACTERS_MOST).decode("utf-8-sig"), training_type)
    except (Unreadable, NoRuns) as error:
        raise BadInput(f"{file}: {error}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file}: It is no UTF-8 text.") from None


def block_of_energy_run(number: int, training_type: str) -> CardBlock:
    """The block of one metered run that has a figure in grams. Raises BadInput."""
    row = EnergyRun.objects.filter(pk=number).first() if 0 <= number < 2**63 else None
    if row is None:
        raise BadInput(f"There is no metered run {number}.")
    if row.emissions_g is None:
        raise BadInput(f"Run {number} has no emissions: {row.problem or 'no ENERGY_COUNTRY was set.'}")
    run = Run(
        run_id=f"energy-{row.pk}",
        path="",
        emissions_kg=row.emissions_g / 1000,
        energy_kwh=row.energy_kwh,
        duration_s=row.duration_s,
        cpu_energy_kwh=row.cpu_energy_kwh,
        gpu_energy_kwh=row.gpu_energy_kwh,
        ram_energy_kwh=row.ram_energy_kwh,
        cpu_model=row.hardware,
        country=row.country,
        region=row.region,
        version=row.tool.rpartition(" ")[2],
        tracking_mode="machine",
    )
    return block_of_runs([run], training_type, measurement=row.method)
