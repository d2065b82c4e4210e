"""What the model reads, on texts we wrote."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.encoder import MODEL, Encoder, Floats
from nlp.errors import ModelError
from nlp.evaluate import evaluate
from nlp.reader import Models, Reading, read
from nlp.text import clean, prepare, spell
from nlp.topics import find_topics, nearest


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(Encoder())


@pytest.fixture
def folder() -> Path:
    return MODEL


PLAIN = [
    ("I love this coffee, it is the best I ever had!", "positive"),
    ("Friendly staff and a really cosy place, we will be back.", "positive"),
    ("The app crashes every time I open it. Useless.", "negative"),
    ("Waited forty minutes and the order was wrong again, never going back.", "negative"),
    ("The shop opens at nine on Saturdays.", "neutral"),
    ("They announced the date of the next meeting.", "neutral"),
]


def read_all(models: Models, texts: Sequence[str], declared: str | None = None) -> list[Reading]:
    return read(models, texts, [declared] * len(texts)).readings


def test_plain_sentences_are_read_as_anybody_would(models: Models) -> None:
    readings = read_all(models, [text for text, _ in PLAIN])
    assert [reading.sentiment for reading in readings] == [wanted for _, wanted in PLAIN]
    for reading in readings:
        assert reading.score is not None and -1 <= reading.score <= 1
        assert reading.confidence is not None and 1 / 3 <= reading.confidence <= 1
        assert reading.mixed is False
        assert reading.model == models.encoder.name


def test_anger_and_joy_are_told_apart_and_a_fact_shows_none(models: Models) -> None:
    texts = [
        "This makes me furious, how dare they!",
        "So happy today, what a wonderful surprise!",
        "The shop opens at nine.",
    ]
    assert [reading.emotion for reading in read_all(models, texts)] == ["anger", "joy", "none"]


def test_a_text_whose_sentences_disagree_is_mixed(models: Models) -> None:
    texts = [
        "The food was absolutely wonderful. The waiter was horrible, the worst I ever met.",
        "I love the screen but I hate the awful keyboard",
        "The food was absolutely wonderful. The waiter was lovely too.",
    ]
    assert [reading.mixed for reading in read_all(models, texts)] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("Terrible service, I waited two hours and nobody came.", "complaint"),
        ("What a wonderful team, thank you so much for everything!", "praise"),
        ("How do I change the language of the app?", "question"),
        ("The app crashes every time I open the camera.", "bug"),
        ("Please add a dark mode in the next version.", "request"),
        ("I cancelled my subscription today and go to another provider.", "leaving"),
        ("Thinking of buying the new model next week, is it worth the money?", "buying"),
    ],
)
def test_what_a_text_asks_for_is_a_signal(models: Models, text: str, signal: str) -> None:
    assert signal in (read_all(models, [text])[0].signals or ())


def test_a_fact_asks_for_nothing(models: Models) -> None:
    assert read_all(models, ["The shop opens at nine on Saturdays."])[0].signals == ()


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
def test_a_language_the_model_was_not_trained_on_gets_no_label(models: Models, text: str, language: str) -> None:
    assert read_all(models, [text]) == [Reading("unsupported", language)]


@pytest.mark.parametrize("text", ["Terrible", "Great!", "meh", "ok", "Bad app 👎"])
def test_a_few_english_words_are_read(models: Models, text: str) -> None:
    assert read_all(models, [text])[0].status == "read"


@pytest.mark.parametrize("text", ["Joyroyal", "Excelente", "gute App"])
def test_a_few_words_that_could_be_anything_get_no_label(models: Models, text: str) -> None:
    assert read_all(models, [text])[0].status == "unsupported"


@pytest.mark.parametrize("text", ["", "   ", "!!!", "5/5", "https://a.example/b", "@zyntro", "<br><br>"])
def test_what_has_no_words_is_called_empty(models: Models, text: str) -> None:
    assert read_all(models, [text]) == [Reading("empty", None)]


@pytest.mark.parametrize(("text", "sentiment"), [("😡😡", "negative"), ("😍❤️", "positive")])
def test_emoji_alone_are_read_by_their_names(models: Models, text: str, sentiment: str) -> None:
    reading = read_all(models, [text], "de")[0]
    assert (reading.status, reading.language, reading.sentiment) == ("read", None, sentiment)


def test_mark_up_links_and_handles_are_as_in_training() -> None:
    text = "<p>Great &amp; cheap<br>see https://a.example/b @someone</p>"
    assert prepare(text) == "Great & cheap see http @user"
    assert clean(text) == "Great & cheap\nsee http @user"
    assert prepare("I <3 it, 2 < 3") == "I <3 it, 2 < 3"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Bad😡😡😡😡.", "Bad enraged face enraged face ."),
        ("😡 😡 😡 x", "enraged face enraged face x"),
        ("👍🏽👍🏾", "thumbs up thumbs up"),
        ("🇩🇪 1️⃣ App™", "Germany 1 App™"),
        ("👨‍👩‍👧", "family man woman girl"),
        ("sooooo ❤️", "sooooo red heart"),
    ],
)
def test_emoji_are_spelled_out_twice_at_most_without_skin_tones(text: str, wanted: str) -> None:
    assert prepare(text) == wanted


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8") | st.sampled_from("😡👍🏽❤️🇩🇪1️⃣ ™\n"), max_size=60))
def test_each_character_for_the_encoder_comes_from_its_place_in_the_writers_words(text: str) -> None:
    cleaned = clean(text)
    prepared, origin = spell(cleaned)
    assert len(origin) == len(prepared) + 1 and origin[-1] == len(cleaned)
    assert (np.diff(origin) >= 0).all()
    assert prepared == " ".join(prepared.splitlines())
    for character, place in zip(prepared, origin, strict=False):
        mine = cleaned[place]
        assert character in (mine, " ") or not mine.isalpha()


def test_a_text_reads_the_same_alone_and_in_any_company(models: Models) -> None:
    texts = [text for text, _ in PLAIN] + ["long " * 300]
    together = models.encoder.encode(texts)
    alone = models.encoder.encode(texts[:1])
    # int8 activations are scaled over the whole batch, so company moves a probability a little, never a label here.
    assert float(together.embedding[0] @ alone.embedding[0]) > 0.98
    assert together.sentiment[0].argmax() == alone.sentiment[0].argmax()


def test_every_token_knows_its_characters_and_the_text_is_the_mean_of_its_tokens(models: Models) -> None:
    text = "The café's coffee, unbelievable!"
    encoded = models.encoder.encode([text, "ok"])
    tokens, offsets = encoded.tokens[0], encoded.offsets[0]
    assert tokens.shape == (len(offsets), 6)
    assert encoded.sentiment[0] == pytest.approx(tokens[:, :3].mean(0), abs=1e-5)
    words = [text[start:end] for start, end in offsets if end > start]
    assert "".join(words) == text.replace(" ", "") and "café" in words


def test_a_long_text_is_read_to_its_fourth_window_and_no_further(models: Models) -> None:
    one = "The room was clean and the bed was fine. " * 20
    end = "Please cancel my account, I hate this horrible hotel, worst stay ever! " * 4
    encoded = models.encoder.encode([one * 3 + end, one * 7 + end, one * 7])
    assert [len(tokens) for tokens in encoded.tokens[1:]] == [4 * 256] * 2
    assert encoded.sentiment[1] == pytest.approx(encoded.sentiment[2], abs=0.05)
    assert encoded.sentiment[0, 0] > encoded.sentiment[1, 0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=80), max_size=5))
def test_no_text_breaks_the_reader(models: Models, texts: list[str]) -> None:
    answer = read(models, texts, [None] * len(texts))
    assert len(answer.readings) == len(texts) == len(answer.embeddings)
    for reading, embedding in zip(answer.readings, answer.embeddings, strict=True):
        assert (reading.sentiment is not None) == (reading.status == "read") == bool(embedding.any())


class Glad:
    """A model that finds everything positive."""

    name = "glad@1#000000000000"

    def __init__(self, *languages: str) -> None:
        self.languages = frozenset(languages) or None

    def probabilities(self, texts: Sequence[str]) -> Floats:
        return np.array([[0.1, 0.2, 0.7]] * len(texts), np.float32)


SPANISH, ENGLISH = "El café está muy malo y frío, no vuelvo.", "Horrible coffee, the worst I ever had."


def test_another_model_reads_the_sentiment_of_languages_that_the_encoder_does_not_know(models: Models) -> None:
    both = read(Models(models.encoder, others=(Glad("es"),)), [SPANISH, ENGLISH, "Joyroyal"], [None] * 3)
    spanish, english, unknown = both.readings
    assert spanish[:4] == ("read", "es", "positive", pytest.approx(0.6))
    assert (spanish.model, spanish.emotion, spanish.signals, spanish.mixed) == ("glad@1#000000000000", None, None, None)
    assert not both.embeddings[0].any()
    assert (english.sentiment, english.model) == ("negative", models.encoder.name)
    assert unknown.status == "unsupported"


def test_a_replaced_sentiment_leaves_all_else_to_the_encoder(models: Models) -> None:
    own = read_all(models, [ENGLISH])[0]
    replaced = read_all(Models(models.encoder, Glad("en")), [ENGLISH, SPANISH])
    assert replaced[0] == own._replace(
        sentiment="positive", score=pytest.approx(0.6), confidence=pytest.approx(0.7), model="glad@1#000000000000"
    )
    assert replaced[1].status == "unsupported"


def test_a_model_of_any_language_reads_even_what_nobody_can_name(models: Models) -> None:
    readings = read_all(Models(models.encoder, Glad()), [ENGLISH, SPANISH, "Joyroyal", "!!!"])
    assert [reading.status for reading in readings] == ["read", "read", "read", "empty"]


def test_a_damaged_or_missing_model_is_one_clear_error(tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match=r"tokenizer.json is damaged"):
        Encoder(copy)
    (copy / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"tokenizer.json is missing"):
        Encoder(copy)


def test_the_manifest_of_an_older_release_is_one_clear_error(tmp_path: Path, folder: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    del manifest["signals"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=r"manifest.json is of an older release: it has no 'signals'"):
        Encoder(copy)


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


def test_topics_are_found_named_and_recognised_again(models: Models) -> None:
    texts = [form.format(time) for forms in SUBJECTS.values() for form in forms for time in TIMES]
    embeddings = models.encoder.encode(texts).embedding
    topics = find_topics(texts, embeddings)
    named = " ".join(word for topic in topics for word in topic.words)
    assert all(word in named for word in ("delivery", "battery", "price"))
    again = models.encoder.encode(["The delivery was three weeks late"]).embedding
    place = int(nearest(again, np.stack([topic.centroid for topic in topics]))[0])
    assert set(topics[place].words) & {"delivery", "parcel", "late", "courier"}


def test_few_texts_make_no_topic(models: Models) -> None:
    texts = ["The parcel came late", "Where is my parcel"]
    assert find_topics(texts, models.encoder.encode(texts).embedding) == []


def test_no_answer_counts_as_a_wrong_answer() -> None:
    quality = evaluate(["negative", "positive"], ["negative", None], ["negative", "neutral", "positive"])
    assert (quality.accuracy, quality.macro_recall, quality.read) == (0.5, 0.5, 1)
