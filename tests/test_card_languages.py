"""Titles in other languages are known, and where a language is not, nothing is called missing."""

from collections import Counter
from pathlib import Path

import pytest

from openness.cards.languages import language_of
from openness.cards.scoring import score
from openness.cards.vocabulary import vocabulary
from openness.cards.wording import title_of
from openness.rubric import load
from registry.cards import read_card
from tests.bench.card_titles import recalls

MODEL = load("model-card")
LABELS = Path(__file__).parent / "labels" / "card_titles.tsv"
TITLES = [tuple(line.split("\t")) for line in LABELS.read_text("utf8").splitlines()]
KNOWN = vocabulary("model", frozenset(criterion.topic for criterion in MODEL.criteria))
PARAGRAPHS = {
    "en": "The model writes short poems in the manner of old masters and it was trained on books from two libraries.",
    "de": "Das Modell schreibt kurze Gedichte und wurde mit Büchern aus zwei Bibliotheken trainiert, die nicht mehr "
    "geschützt sind. Es ist für den Unterricht und nicht für den Handel gedacht.",
    "es": "El modelo escribe poemas cortos para los alumnos de las escuelas y fue entrenado con los libros de dos "
    "bibliotecas, por lo que no conoce las obras de este siglo.",
    "fr": "Le modèle écrit des poèmes courts pour les élèves et il est entraîné sur les livres de deux bibliothèques, "
    "ce qui limite les sujets et les mots dans une certaine mesure.",
    "pt": "O modelo escreve poemas curtos para os alunos das escolas e foi treinado com os livros de duas bibliotecas, "
    "que não são protegidos, em uma máquina pequena.",
    "it": "Il modello scrive brevi poesie per gli studenti della scuola e sono stati usati i libri di due biblioteche "
    "che non sono protetti, con una licenza del comune.",
    "zh": "这个模型会写短诗，训练数据来自两座图书馆的旧书。",
    "ja": "このモデルは短い詩を書きます。二つの図書館の古い本で学習しました。",
    "ko": "이 모델은 짧은 시를 씁니다. 두 도서관의 오래된 책으로 학습했습니다.",
    "ru": "Модель пишет короткие стихи и обучена на старых книгах из двух библиотек.",
}


@pytest.mark.parametrize("language", sorted(PARAGRAPHS))
def test_the_language_of_a_text_is_told(language):
    told = language_of(PARAGRAPHS[language])
    assert told.code == language
    assert told.is_known == (language != "it")


@pytest.mark.parametrize(
    "text", ["แบบจำลองนี้เขียนบทกวีสั้น", "هذا النموذج يكتب قصائد قصيرة", "Ця модель пише короткі вірші їхньою мовою"]
)
def test_a_script_without_titles_of_ours_is_not_known(text):
    assert not language_of(text).is_known


def test_code_and_names_alone_are_taken_for_english():
    assert language_of("pip install x\nfrom a import b") == language_of("")


@pytest.mark.parametrize("language", sorted(set(PARAGRAPHS) - {"en", "it"}))
def test_nine_of_ten_titles_in_a_language_are_understood(language):
    rows = [(topic, title) for code, topic, title in TITLES if code == language]
    missed = [(topic, title) for topic, title in rows if topic not in KNOWN.topics_of(title_of(title), language)]
    assert len(rows) >= 50
    assert len(missed) <= len(rows) / 10, missed


@pytest.mark.parametrize("language", sorted(set(PARAGRAPHS) - {"en", "it"}))
def test_a_title_asks_for_few_topics_at_once(language):
    asked = Counter(len(KNOWN.topics_of(title_of(title), language)) for code, _, title in TITLES if code == language)
    assert sum(number for topics, number in asked.items() if topics > 2) <= 2, asked


def test_a_card_in_a_known_language_is_judged_by_its_titles():
    text = "# 小诗\n\n这个模型写短诗。\n\n## 局限性\n\n它在长文本上会重复自己的句子。\n\n## 训练数据\n\n待补充\n"
    card = read_card(text)
    tiers = {finding.id: finding.tier for finding in score(card, MODEL).findings}
    assert (tiers["M19"], tiers["M10"], tiers["M24"]) == ("section", "placeholder", "none")


def test_in_an_unknown_language_what_was_not_found_is_unknown_and_what_needs_no_words_counts():
    card = read_card(f"---\nlicense: mit\n---\n# Poesie\n\n{PARAGRAPHS['it']}\n\n## Limiti\n\nNon conosce le rime.\n")
    result = score(card, MODEL)
    tiers = {finding.id: finding.tier for finding in result.findings}
    assert (tiers["M03"], tiers["M19"]) == ("metadata", "unknown")
    assert "language_without_vocabulary" in result.extra["flags"]


def test_the_recall_of_each_language_is_printed_with_what_was_missed():
    lines = recalls()
    assert {line["language"] for line in lines} == set(PARAGRAPHS) - {"en", "it"}
    assert all(line["headings"] >= 50 and line["recall"] >= 0.9 for line in lines)
    assert all(len(line["missed"]) == round(line["headings"] * (1 - line["recall"])) for line in lines)
