"""`/v1/models`, as clients use it to fill a menu and to check a key."""

import openai
import pytest


def test_every_listed_model_can_be_retrieved(client):
    models = client.models.list().data
    assert models
    for model in models:
        assert model.object == "model"
        assert model.created > 0
        assert client.models.retrieve(model.id) == model


def test_whisper_1_is_answered_by_a_model_of_the_house(client):
    assert client.models.retrieve("whisper-1").object == "model"


@pytest.mark.parametrize("name", ["no-such-model", "someone/no-such-model"])
def test_an_unknown_model_is_not_found(client, name):
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve(name)
    assert caught.value.code == "model_not_found"
