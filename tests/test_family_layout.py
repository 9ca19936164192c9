"""Where the boxes of a family stand: apart from each other, generation by generation, and never more than one reads."""

from hypothesis import given
from hypothesis import strategies as st

from lineage.layout import BOX_HEIGHT, BOX_WIDTH, BOXES_MOST, Person, Tie, arrange

KINDS = ["finetune", "adapter", "quantized"]


@st.composite
def families(draw):
    """A root with ancestors and descendants, each tied to one of the generation before, and some further ties."""
    people, ties = [Person("root", "root", 0)], []
    for side in ("above", "below"):
        before = ["root"]
        for depth in range(1, draw(st.integers(0, 4)) + 1):
            own = [f"{side}-{depth}-{n}" for n in range(draw(st.integers(1, 9)))]
            for key in own:
                near, kind = draw(st.sampled_from(before)), draw(st.sampled_from(KINDS))
                people.append(Person(key, side, depth))
                ties.append(Tie(near, key, kind) if side == "above" else Tie(key, near, kind))
            before = own
    keys = [each.key for each in people]
    extra = draw(st.lists(st.tuples(st.sampled_from(keys), st.sampled_from(keys)), max_size=4))
    people += [Person(f"newer-{n}", "newer", 1) for n in range(draw(st.integers(0, 2)))]
    return people, [*ties, *(Tie(child, parent, "merge") for child, parent in extra)]


def hub(leaves, kind="finetune"):
    people = [Person("root", "root", 0), *(Person(n, "below", 1) for n in range(leaves))]
    return people, [Tie(n, "root", kind) for n in range(leaves)]


def stands_for(picture):
    """Every node that a box shows or folds, once each, and those that are counted as left out."""
    return [key for box in picture.boxes for key in (box.folded or (box.key,))]


@given(families())
def test_boxes_stand_apart_inside_the_picture(family):
    picture = arrange(*family)
    for box in picture.boxes:
        assert 0 <= box.x <= picture.width - BOX_WIDTH and 0 <= box.y <= picture.height - BOX_HEIGHT
    for column in picture.columns:
        tops = sorted(box.y for box in picture.boxes if box.column == column)
        assert all(low - high >= BOX_HEIGHT for high, low in zip(tops, tops[1:], strict=False))


@given(families())
def test_every_node_is_shown_folded_or_counted(family):
    people, ties = family
    picture = arrange(people, ties)
    shown = stands_for(picture)
    assert len(shown) == len(set(shown))
    assert len(shown) + sum(box.beyond for box in picture.boxes) == len(people)


@given(families())
def test_every_line_joins_two_boxes_and_stands_for_its_relations(family):
    people, ties = family
    picture = arrange(people, ties)
    keys = {box.key for box in picture.boxes}
    assert all(line.child in keys and line.parent in keys for line in picture.lines)
    shown = set(stands_for(picture))
    assert sum(line.count for line in picture.lines) == sum(t.child in shown and t.parent in shown for t in ties)


def test_one_node_is_one_box():
    picture = arrange([Person("root", "root", 0)], [])
    assert [box.key for box in picture.boxes] == ["root"] and picture.lines == ()


def test_fifty_nodes_and_five_hundred_fold_to_what_one_reads():
    for leaves in (50, 500, 5_000):
        picture = arrange(*hub(leaves))
        assert len(picture.boxes) <= BOXES_MOST
        assert sum(line.count for line in picture.lines) == leaves


def test_a_few_leaves_are_not_folded():
    assert len(arrange(*hub(10)).boxes) == 11


def test_the_root_of_a_tall_family_stands_near_its_top():
    picture = arrange(*hub(34))
    root = next(box for box in picture.boxes if box.key == "root")
    assert root.y < picture.height / 4


def test_a_long_chain_is_cut_and_says_how_much_is_left():
    people = [Person(n, "below" if n else "root", n) for n in range(500)]
    picture = arrange(people, [Tie(n, n - 1, "finetune") for n in range(1, 500)])
    assert len(picture.boxes) <= BOXES_MOST and picture.boxes[-1].beyond == 500 - len(picture.boxes)


def test_ancestors_stand_left_and_descendants_right():
    people = [Person("me", "root", 0), Person("old", "above", 2), Person("mum", "above", 1), Person("kid", "below", 1)]
    ties = [Tie("me", "mum", "merge"), Tie("mum", "old", "merge"), Tie("kid", "me", "adapter")]
    assert [(box.key, box.column) for box in arrange(people, ties).boxes] == [
        ("old", -2),
        ("mum", -1),
        ("me", 0),
        ("kid", 1),
    ]


def test_the_same_family_gives_the_same_picture():
    assert arrange(*hub(40)) == arrange(*hub(40))
