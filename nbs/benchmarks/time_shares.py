"""Where the CPU seconds of a training go: batches, augmentation, forward pass, losses, backward pass, optimizer, what the
callbacks do, evaluation; and the share of the machine's peak that the network's multiply-adds reach. With --target the
CPU seconds of training until the network first finds that mAP, from --every epochs to --every epochs, evaluations left out.

    python nbs/benchmarks/time_shares.py splits/dev0.csv --preset along2021 --set "model.backbone=resnet10t model.size=[96,48] train.epochs=2"
    python nbs/benchmarks/time_shares.py splits/dev0.csv --preset small --target 0.58 --every 2
"""
import json
from pathlib import Path
from time import process_time

import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse
from torch.nn.functional import linear

from reid_nb.backbones import cost
from reid_nb.data import read_dataset
from reid_nb.growing import smaller_size
from reid_nb.learner import reid_learner
from reid_nb.recipe import load_recipe

class Clock(Callback):
    "CPU seconds of training by what they were spent on, in `spent`; of evaluations in `evaluation`."
    def __init__(self): self.spent, self.evaluation, self.images = {}, 0., 0
    def lap(self, name):
        now = process_time()
        self.spent[name] = self.spent.get(name, 0.) + now - self.last
        self.last = now
    def before_fit(self): self.last = process_time()
    def before_validate(self): self.lap('callbacks')
    def after_validate(self):
        now = process_time()
        self.evaluation += now - self.last
        self.last = now
    seconds = property(lambda self: sum(self.spent.values()))

class First(Callback):
    "The clock's laps that end when a batch has come, and before its gradients."
    order = -100
    def before_batch(self):
        if self.training:
            self.clock.lap('batch')
            self.clock.images += len(self.xb[0])
    def after_pred(self):
        if self.training: self.clock.lap('forward pass')
    def after_loss(self):
        if self.training: self.clock.lap('losses')
    def before_step(self):
        if self.training: self.clock.lap('backward pass')
    def after_step(self):
        if self.training: self.clock.lap('optimizer')

class Last(Callback):
    "The laps that end when all callbacks are done with an event."
    order = 100
    def _callbacks(self):
        if self.training: self.clock.lap('callbacks')
    def before_batch(self): self._callbacks()
    def after_pred(self): self._callbacks()
    def after_loss(self): self._callbacks()
    def before_step(self): self._callbacks()
    def after_batch(self): self._callbacks()

class Found(Callback):
    "`found` has the epoch, the CPU seconds of training and the mAP of each validation."
    order = 200
    def __init__(self): self.found = []
    def after_epoch(self):
        result = self.learn.retrieval.result
        if result is None: return
        self.found.append((self.epoch + 1, self.clock.seconds, float(result.mAP)))
        print(f'epoch {self.epoch + 1}: {self.clock.seconds:.0f} CPU s, mAP {result.mAP:.1%}', flush=True)

def timed_augmentation(loader, clock):
    "Let the clock know when the loader begins and ends to augment a batch."
    pipeline = loader.after_batch
    class Timed(type(pipeline)):
        def __call__(self, batch):
            clock.lap('batch')
            batch = super().__call__(batch)
            clock.lap('augmentation')
            return batch
    pipeline.__class__ = Timed

def peak(dtype, n=1024, repeats=12):
    "Floating-point operations per CPU second of the best of some matrix products."
    a, b = torch.randn(n, n, dtype=dtype), torch.randn(n, n, dtype=dtype)
    best = float('inf')
    for _ in range(repeats):
        start = process_time()
        linear(a, b)
        best = min(best, process_time() - start)
    return 2 * n**3 / best

def changed(recipe, words):
    "The recipe with 'key=value' words set."
    values = {}
    for word in words.split():
        key, _, value = word.partition('=')
        try: values[key] = json.loads(value)
        except ValueError: values[key] = value
    return recipe.set(**values)

def mean_macs(recipe):
    "Multiply-adds of an image, the mean over the training."
    model, grow = recipe.model, recipe.train.grow
    full, small = (cost(model.backbone, size, model.last_stride)['macs'] for size in (model.size, smaller_size(model.size)))
    return grow * small + (1 - grow) * full

def shares(clock, recipe, bf16):
    "A row per part: CPU ms per image, and share of the training."
    rows = pd.DataFrame({'ms per image': pd.Series(clock.spent) / clock.images * 1000})
    rows['share'] = rows['ms per image'] / rows['ms per image'].sum()
    operations = 6 * mean_macs(recipe) # forward, and twice that backward
    passes = clock.spent['forward pass'] + clock.spent['backward pass']
    reached = operations * clock.images / passes
    best = peak(torch.bfloat16 if bf16 else torch.float32)
    return rows, reached, best

@call_parse
def main(
    path:str,            # Data set
    preset:str='along2021',
    set:str='',          # Changes of the recipe, key=value apart by spaces
    target:float=0.,     # mAP whose CPU seconds are told
    every:int=2,         # Epochs between two validations, with a target
    threads:int=1,       # Of torch
):
    torch.set_num_threads(threads)
    recipe = changed(load_recipe(preset), set)
    if target: recipe = recipe.set(**{'train.eval_every': every})
    clock = Clock()
    learn = reid_learner(read_dataset(path), recipe, cbs=[clock, First(), Last(), Found()])
    timed_augmentation(learn.dls.train, clock)
    with learn.no_bar(), learn.no_logging(): learn.fit_recipe()
    rows, reached, best = shares(clock, recipe, learn.model.bf16)
    print(rows.round(3).to_string())
    print(f'training {clock.seconds:.0f} CPU s for {clock.images:,} images, evaluations {clock.evaluation:.0f} CPU s')
    print(f"forward and backward pass: {reached/1e9:.0f} of {best/1e9:.0f} GFLOP/s, {reached/best:.0%} of the peak")
    reaching = [(seconds, epoch) for epoch, seconds, mean in learn.found.found if mean >= target]
    if target: print(f'mAP {target:.0%}: ' + (f'{reaching[0][0]:.0f} CPU s, epoch {reaching[0][1]}' if reaching else 'not reached'))
