"""Sentences in eight languages answer criteria that no title asks for, each in cards of its own language alone."""

import pytest

from openness.cards.scoring import score
from openness.rubric import load
from registry.cards import read_card

SAID = {
    "zh": (
        "本模型由北京诗社开发，基于 acme/tiny 在十万首古诗语料上微调而成，参数量为 7B。训练的学习率为 "
        "1e-5。可用于续写古诗，不适用于法律问题。输出可能包含偏见，建议用户谨慎使用。如有问题请联系我们。",
        "M02 M04 M06 M07 M10 M13 M14 M20 M21 M25",
    ),
    "ja": (
        "このモデルはハイク研究所が開発した13億パラメータの言語モデルで、俳句の生成を目的として作られました。"
        "青空文庫のデータで学習し、学習率は一定です。商用利用は禁止です。偏見を含む出力があり得ます。お問い合"
        "わせはこちら。",
        "M02 M06 M07 M10 M13 M14 M20 M25",
    ),
    "ko": (
        "이 모델은 서울시인협회에서 개발했으며 한국어 시 생성을 위한 모델입니다. 시 데이터 5만 건으로 "
        "학습했고 학습률은 같습니다. 13억 파라미터이며 의료 목적으로 사용해서는 안 됩니다. 편향된 표현이 "
        "있을 수 있습니다. 문의는 메일로 주세요.",
        "M02 M06 M07 M10 M13 M14 M20 M25",
    ),
    "ru": (
        "Модель разработана в университете и предназначена для генерации стихов. Она обучалась на большом "
        "корпусе русских стихов, скорость обучения постоянна. В ней 125 млн параметров. Она не предназначена "
        "для юристов. Тексты могут повторять стереотипы. Если есть вопросы, пишите на почту.",
        "M02 M06 M07 M10 M13 M14 M20 M25",
    ),
    "es": (
        "Este modelo fue desarrollado por la Universidad de Lima y sirve para clasificar los poemas que se "
        "escriben en la lengua de hoy. Fue entrenado con un corpus de textos, con una tasa de aprendizaje "
        "constante, y tiene 125 millones de parámetros. Fue evaluado en un conjunto de poemas. No se debe "
        "usar para fines legales. Los textos tienen sesgos. Si hay preguntas, escriba a la autora.",
        "M02 M06 M07 M10 M13 M14 M15 M20 M25",
    ),
    "pt": (
        "Este modelo foi desenvolvido pela Universidade do Porto e serve para classificar os poemas que se "
        "escrevem na língua de hoje. Foi treinado com um corpus de textos, com uma taxa de aprendizado "
        "constante, e tem 125 milhões de parâmetros. Não deve ser usado para fins legais. Os textos têm "
        "vieses. Em caso de dúvidas, entre em contato.",
        "M02 M06 M07 M10 M13 M14 M20 M25",
    ),
    "fr": (
        "Ce modèle a été développé par l'Université de Lille et il est destiné à classer les poèmes de notre "
        "langue. Il a été entraîné sur un corpus de textes avec un taux d'apprentissage constant, et il a "
        "125 millions de paramètres. Il ne doit pas être utilisé pour la justice. Les textes ont des biais. "
        "Pour toute question, contactez les auteurs.",
        "M02 M06 M07 M10 M13 M14 M20 M25",
    ),
    "de": (
        "Das Modell wurde von der Universität Trier entwickelt und ist für die Forschung gedacht. Es wurde "
        "auf einem Korpus mit vielen alten Texten trainiert, die Lernrate war immer gleich, und es hat 125 "
        "Millionen Parameter. Es wurde mit Gedichten getestet. Es darf nicht für die Justiz verwendet "
        "werden. Die Texte sind voller Vorurteile. Bei Fragen kann man den Autoren schreiben.",
        "M02 M06 M07 M10 M13 M14 M15 M20 M25",
    ),
}


def answered(text: str) -> set[str]:
    findings = score(read_card(f"# Tiny\n\n{text}\n"), load("model-card")).findings
    return {finding.id for finding in findings if finding.value > 0}


@pytest.mark.parametrize("language", SAID)
def test_what_sentences_say_is_found_in_each_language(language):
    text, criteria = SAID[language]
    assert set(criteria.split()) - answered(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "这是一个用于写诗的语言模型，它会写很多很好的诗，大家都喜欢。",
        "Este es un modelo pequeño de poemas que nos gusta a todos los que vivimos en la costa del sur y en las islas.",
        "Das ist ein kleines Modell, das uns allen an der Küste und auf den Inseln gut gefällt, weil es so klein ist.",
    ],
)
def test_a_text_that_says_none_of_it_answers_only_what_it_is(text):
    assert answered(text) <= {"M01"}
