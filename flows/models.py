"""The models that readings come from, as the configuration names them."""

from flows.config import Config
from flows.sections import EMBEDDED
from nlp.encoder import Encoder
from nlp.multilingual import Multilingual, is_installed
from nlp.reader import Models, SentimentModel

ANY = "any"


def load_models(config: Config, *, threads: int = 0) -> Models:
    """Return the models of [models] and those of the extras that are installed; `threads` 0 takes every core.

    A model that [models] names by its hub id is downloaded when it is not here yet. Raises ModelError if a model
    cannot be used.
    """
    encoder = Encoder(threads=threads)
    return Models(encoder, _replacement(config, encoder, threads), _others())


def _replacement(config: Config, encoder: Encoder, threads: int) -> SentimentModel | None:
    """Return the model that takes the place of the encoder's own sentiment, or None."""
    section = config.sections.models
    if section.sentiment == EMBEDDED:
        return None
    from nlp.hub import HubSentiment, find_model
    from nlp.onnxmodel import OnnxSentiment, holds_onnx

    languages = None if ANY in section.languages else frozenset(section.languages) or encoder.languages
    place = find_model(section.sentiment, config.folder, section.revision)
    if holds_onnx(place.folder) and section.device != "cuda":
        return OnnxSentiment(place.folder, section.label_map, languages, threads)
    return HubSentiment(place, section.label_map, languages, section.device)


def _others() -> tuple[SentimentModel, ...]:
    return (Multilingual(),) if is_installed() else ()
