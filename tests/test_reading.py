"""What the model reads, on texts we wrote."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.encoder import MODEL, Encoder, ModelError
from nlp.evaluate import evaluate
from nlp.language import language_of
from nlp.reader import read
from nlp.text import prepare
from nlp.topics import find_topics, nearest


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


PLAIN = [
    ("I love this coffee, it is the best I ever had!", "positive"),
    ("Friendly staff and a really cosy place, we will be back.", "positive"),
    ("The app crashes every time I open it. Useless.", "negative"),
    ("Waited forty minutes and the order was wrong again, never going back.", "negative"),
    ("The shop opens at nine on Saturdays.", "neutral"),
    ("They announced the date of the next meeting.", "neutral"),
]


def test_plain_sentences_are_read_as_anybody_would(encoder: Encoder) -> None:
    readings = read(encoder, [text for text, _ in PLAIN], [None] * len(PLAIN)).readings
    assert [reading.sentiment for reading in readings] == [wanted for _, wanted in PLAIN]
    for reading in readings:
        assert reading.score is not None and -1 <= reading.score <= 1
        assert reading.confidence is not None and 1 / 3 <= reading.confidence <= 1


def test_anger_and_joy_are_told_apart_and_a_fact_shows_none(encoder: Encoder) -> None:
    texts = [
        "This makes me furious, how dare they!",
        "So happy today, what a wonderful surprise!",
        "The shop opens at nine.",
    ]
    assert [reading.emotion for reading in read(encoder, texts, [None] * 3).readings] == ["anger", "joy", "none"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Kaffee ist kalt und die App stürzt ständig ab.", "de"),
        ("El café está muy bueno y el personal es amable.", "es"),
        ("Le service est lent mais les croissants sont délicieux.", "fr"),
        ("Очень вкусный кофе и приветливый персонал.", "ru"),
        ("コーヒーがとても美味しかったです。", "ja"),
    ],
)
def test_a_language_the_model_was_not_trained_on_gets_no_label(encoder: Encoder, text: str, language: str) -> None:
    reading = read(encoder, [text], [None]).readings[0]
    assert (reading.status, reading.language, reading.sentiment, reading.emotion) == (
        "unsupported",
        language,
        None,
        None,
    )


@pytest.mark.parametrize("text", ["Terrible", "Great!", "meh", "ok", "Bad app 👎"])
def test_a_few_english_words_are_read(encoder: Encoder, text: str) -> None:
    assert read(encoder, [text], [None]).readings[0].status == "read"


@pytest.mark.parametrize("text", ["", "   ", "!!!", "😡😡", "5/5"])
def test_what_has_no_words_is_called_empty(encoder: Encoder, text: str) -> None:
    assert read(encoder, [text], [None]).readings[0].status == "empty"


def test_where_a_text_is_too_short_the_source_is_believed() -> None:
    assert language_of("Top", "de") == "de"
    assert language_of("The delivery was late and the box was open", "de") == "en"


def test_mark_up_links_and_handles_are_as_in_training_and_emoji_stay() -> None:
    text = "<p>Great &amp; cheap 😍<br>see https://a.example/b @someone</p>"
    assert prepare(text) == "Great & cheap 😍 see http @user"
    assert prepare("I <3 it, 2 < 3") == "I <3 it, 2 < 3"


def test_a_text_reads_the_same_alone_and_in_any_company(encoder: Encoder) -> None:
    texts = [text for text, _ in PLAIN] + ["long " * 300]
    together = encoder.encode(texts)
    alone = encoder.encode(texts[:1])
    # int8 activations are scaled over the whole batch, so company moves a probability a little, never a label here.
    assert float(together.embedding[0] @ alone.embedding[0]) > 0.98
    assert together.sentiment[0].argmax() == alone.sentiment[0].argmax()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=5))
def test_no_text_breaks_the_reader(encoder: Encoder, texts: list[str]) -> None:
    answer = read(encoder, texts, [None] * len(texts))
    assert len(answer.readings) == len(texts) == len(answer.embeddings)
    for reading, embedding in zip(answer.readings, answer.embeddings, strict=True):
        assert (reading.sentiment is not None) == (reading.status == "read") == bool(embedding.any())


def test_a_damaged_or_missing_model_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL, folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer.json is damaged"):
        Encoder(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer.json is missing"):
        Encoder(folder)


SUBJECTS = {
    "delivery": [
        "The parcel came {} late",
        "My delivery took {} and the box was open",
        "The courier needed {} to bring it",
    ],
    "battery": ["The battery is empty after {}", "It needs charging every {}", "Battery life dropped to {}"],
    "price": [
        "The subscription price rose after {}",
        "Too expensive, they charge me every {}",
        "A higher price again after {}",
    ],
}
TIMES = [f"{n} {unit}" for n in ("two", "three", "four", "five", "nine") for unit in ("hours", "days", "weeks")]


def test_topics_are_found_named_and_recognised_again(encoder: Encoder) -> None:
    texts = [form.format(time) for forms in SUBJECTS.values() for form in forms for time in TIMES]
    embeddings = encoder.encode(texts).embedding
    topics = find_topics(texts, embeddings)
    named = " ".join(word for topic in topics for word in topic.words)
    assert all(word in named for word in ("delivery", "battery", "price"))
    again = encoder.encode(["The delivery was three weeks late"]).embedding
    place = int(nearest(again, np.stack([topic.centroid for topic in topics]))[0])
    assert set(topics[place].words) & {"delivery", "parcel", "late", "courier"}


def test_few_texts_make_no_topic(encoder: Encoder) -> None:
    texts = ["The parcel came late", "Where is my parcel"]
    assert find_topics(texts, encoder.encode(texts).embedding) == []


def test_no_answer_counts_as_a_wrong_answer() -> None:
    quality = evaluate(["negative", "positive"], ["negative", None], ["negative", "neutral", "positive"])
    assert (quality.accuracy, quality.macro_recall, quality.read) == (0.5, 0.5, 1)
