"""What the ledger of losses costs: its share of the time of a training step, and its size on the disk.

    python nbs/benchmarks/loss_history.py

The time is taken inside its callbacks, since a difference of two whole runs drowns in the noise of a shared machine.
On a GPU the clock stops for the device before and after, which makes the ledger look dearer than it is.
"""
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse

from reid_nb.data import ReIDData
from reid_nb.learner import reid_learner
from reid_nb.loss_history import LossHistory, LossRecorder
from reid_nb.recipe import load_recipe
from reid_nb.samplers import PKSampler

def clock():
    if torch.cuda.is_available(): torch.cuda.synchronize()
    return perf_counter()

def timed(cls, name, spent):
    "Add the seconds in the method `name` to `spent`."
    plain = getattr(cls, name)
    def method(self, *args, **kwargs):
        start = clock()
        try: return plain(self, *args, **kwargs)
        finally: spent[name] += clock() - start
    return method

class Steps(Callback):
    "Seconds of each training epoch."
    order = -50
    def before_train(self): self.start = clock()
    def after_epoch(self): self.learn.seconds.append(clock() - self.start)

@call_parse
def main(
    ids:int=64,      # Identities, eight images each
    epochs:int=6,    # The first is not counted
    preset:str='tiny',
):
    spent = defaultdict(float)
    for name in ('before_train', 'before_batch', 'after_loss', 'after_train'):
        setattr(LossRecorder, name, timed(LossRecorder, name, spent))
    pids = np.repeat(np.arange(ids), 8)
    table = pd.DataFrame(dict(file='x', pid=pids, camid=0, seq=0, frame=0, subset='train', role='train'))
    r = load_recipe(preset).set(**{'train.epochs': epochs, 'train.warmup': 1})
    images = torch.randint(0, 256, (len(table), 3, *r.model.size), dtype=torch.uint8)
    learn = reid_learner(ReIDData(Path('.'), table, 'noise'), r, images, cbs=[Steps()])
    learn.seconds = []
    with tempfile.TemporaryDirectory() as tmp, learn.no_bar(), learn.no_logging():
        learn.fit_recipe(tmp)
    where = 'GPU' if torch.cuda.is_available() else f'CPU, {torch.get_num_threads()} threads'
    print(f"{preset}, {where}: the ledger takes {100*sum(spent.values())/sum(learn.seconds):.2f} % of training "
          f"({epochs} epochs of {len(learn.dls.train)} steps, median epoch {np.median(learn.seconds[1:]):.2f} s)")
    pids = np.repeat(np.arange(500), 20)
    visits = sum(len(b) for b in PKSampler(pids, 16, 4))
    with tempfile.TemporaryDirectory() as tmp:
        book, none = LossHistory(len(pids), folder=tmp), np.zeros(visits)
        book.add(0, row=none, loss=none, applied=none, pred=none)
        size = (Path(tmp)/'0000.safetensors').stat().st_size
    print(f'{len(pids):,} images, {visits:,} visits an epoch, 200 epochs: {200*size/1e6:.1f} MB')
