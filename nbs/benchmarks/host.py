"""What the host does in a training step beside the network: loader, augmentation, seeds, fastai, callbacks, history.

    python nbs/benchmarks/host.py
    python nbs/benchmarks/host.py --changes "augment.augmix=0.5"
    python nbs/benchmarks/host.py --calls --epochs 1      # function calls in place of time, the same each time

A network of one convolution on 4 images of 16 x 16 pixels costs next to nothing, so that what remains of a step is what the
host of a GPU does: the calls, each of some microseconds, that a GPU would be told. As there, the numbers of an epoch are drawn
ahead and batches are augmented as a whole. In turn, an epoch goes through the `Learner`, and as many bare steps (forward, loss, backward,
optimizer) over one batch. Printed is the median over epochs of their difference, in milliseconds of CPU time a step, with the lowest and the highest;
the first epoch is left out. What an epoch does once, drawing ahead too, is shared among its steps.
"""
import sys, tempfile
from pathlib import Path
from time import process_time
from unittest import mock

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse
from fastcore.xtras import ContextManagers
from torch import nn

from reid_nb import transforms
from reid_nb.ahead import DrawnAhead
from reid_nb.backbones import add_backbone
from reid_nb.data import ReIDData
from reid_nb.learner import reid_learner
from reid_nb.loaders import BatchLoader
from reid_nb.loss_history import LossRecorder
from reid_nb.losses import reid_loss
from reid_nb.models import recipe_model
from reid_nb.recipe import load_recipe
from reid_nb.schedule import optimizer

def one_convolution(size): return nn.Conv2d(3, 64, 8, 8)

def ahead(self, batches):
    "As `BatchLoader.draw_ahead` for a GPU."
    if not self.random_tfms: return None
    return DrawnAhead(self.random_tfms, batches, self.seed_transforms, self.dataset.images.shape[2:], torch.device('cpu'))

class Epochs(Callback):
    "What `clock` says of each epoch's steps, and of as many bare ones, a step."
    order = 100
    def __init__(self, recipe, clock): self.recipe, self.clock, self.rows = recipe, clock, []
    def before_fit(self):
        learn = self.learn
        self.bare = recipe_model(self.recipe, learn.dls.n_ids).train()
        self.loss_of, self.opt_of = reid_loss(self.recipe.loss), optimizer(self.recipe.train)(learn.splitter(self.bare), lr=1e-4)
        self.batch = learn.dls.train.one_batch()[:2]

    def before_epoch(self): self.start = self.clock()
    def after_train(self):
        ours = self.clock() - self.start
        start = self.clock()
        x, y = self.batch
        for _ in range(self.n_iter):
            self.loss_of(self.bare(x), y).backward()
            self.opt_of.step()
            self.opt_of.zero_grad()
        if self.epoch: self.rows.append([spent / self.n_iter for spent in (ours, self.clock() - start)])

def milliseconds(): return 1000 * process_time()

class Calls:
    "Calls of functions of Python and of C."
    n = 0
    def note(self, frame, what, function): self.n += what in ('call', 'c_call')
    def __call__(self): return self.n

def measure(preset='along2021', epochs=15, steps=60, p=2, changes=(), calls=False):
    "(epochs,) of the learner's steps, and of bare ones: milliseconds or calls a step."
    add_backbone('one_convolution', one_convolution)
    r = load_recipe(preset).set(**{'model.backbone': 'one_convolution', 'model.size': [16, 16], 'model.last_stride': 2, 'train.p': p, 'train.k': 2, 'train.epochs': epochs + 1,
                                   'train.warmup': 1, 'train.eval_every': epochs + 1, 'train.precision': 'fp32', 'train.epoch_size': steps, **dict(changes)})
    n = steps * p * 2
    table = pd.DataFrame(dict(file=[f'{i}.jpg' for i in range(n)], pid=np.arange(n) // 2, camid=0, seq=0, frame=0, subset='train', role='train'))
    images = torch.randint(256, (n, 16, 16, 3), dtype=torch.uint8).permute(0, 3, 1, 2) # as in the cache
    as_on_gpu = [mock.patch.object(BatchLoader, 'draw_ahead', ahead), mock.patch.object(transforms, '_is_editable', lambda x: False),
                 mock.patch.object(LossRecorder, 'is_due', lambda self, loss: len(self.new) - self.n_checked == self.every)]
    clock = Calls() if calls else milliseconds
    with ContextManagers(as_on_gpu), tempfile.TemporaryDirectory() as tmp:
        learn = reid_learner(ReIDData(Path(tmp), table, 'noise'), r, images=images, cbs=[Epochs(r, clock)])
        before = sys.getprofile()
        if calls: sys.setprofile(clock.note)
        try:
            with learn.no_bar(), learn.no_logging(): learn.fit_recipe()
        finally: sys.setprofile(before)
    return np.array(learn.epochs.rows).T

@call_parse
def main(
    preset:str='along2021',
    epochs:int=15,          # That count; one more comes first
    steps:int=60,           # Of an epoch
    p:int=2,                # Ids a batch, two images each
    changes:str='',         # Of the recipe: name=value, apart by spaces
    calls:bool=False,       # Count function calls in place of time?
):
    torch.set_num_threads(1)
    ours, bare = measure(preset, epochs, steps, p, [change.split('=') for change in changes.split()], calls)
    host, unit = ours - bare, 'calls' if calls else 'ms'
    print(f'{preset} {changes}: step {np.median(ours):.2f} {unit}, bare {np.median(bare):.2f}, host {np.median(host):.2f} ({host.min():.2f} to {host.max():.2f}), {epochs} epochs of {steps} steps')
