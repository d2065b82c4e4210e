"""How the labels of public data sets map to ours."""

_OURS = {
    "anger": "anger annoyance disapproval disgust",
    "fear": "fear nervousness",
    "joy": "joy amusement excitement gratitude pride relief",
    "love": "love admiration caring",
    "optimism": "optimism desire",
    "sadness": "sadness disappointment embarrassment grief remorse",
    "surprise": "surprise",
    # Each of these is a state of mind, not a feeling that a reader would act on.
    "none": "neutral approval confusion curiosity realization",
}

GOEMOTIONS: dict[str, str] = {theirs: ours for ours, names in _OURS.items() for theirs in names.split()}


def stars_sentiment(stars: float) -> str:
    """Return the sentiment of one to five stars: 1-2 negative, 3 neutral, 4-5 positive."""
    return "negative" if stars <= 2 else "positive" if stars >= 4 else "neutral"


def tenths_sentiment(rating: float) -> str:
    """Return the sentiment of a rating from 1 to 10: 1-4 negative, 5-6 neutral, 7-10 positive."""
    return "negative" if rating <= 4 else "positive" if rating >= 7 else "neutral"
