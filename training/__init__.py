"""How the model that reads callers' texts is trained and measured; the service needs none of it.

``python -m training.train`` writes ``app/intake/model.bin`` (needs scikit-learn: ``pip install -r
requirements-train.lock``); ``python -m training.measure`` prints how well texts are understood.
"""
