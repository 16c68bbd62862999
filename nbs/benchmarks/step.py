"""What a training step costs through the `Learner`, with loader, augmentation, ledger, history and schedule, beside the
bare forward pass, backward pass and optimizer step of the same network on a batch that is already there.

    python nbs/benchmarks/step.py
    python nbs/benchmarks/step.py --backbones "resnet50 resnest101" --sizes "256x128 384x128" --p 16 --steps 100 --block 50 --image-by-image

Blocks of --block steps of the learner and of the bare loop are alternated, with one wait for the device at the end of each:
a wait after every step would hide whether the host keeps ahead of a GPU. The ratio is taken block by block and the median
counts. Take 50 on a GPU; on a CPU, whose speed drifts and which has no queue, blocks may be short. On a
GPU images a second and peak memory are printed too, and --image-by-image adds a
loop whose images are decoded and augmented one by one in worker processes, as in fast-reid. Rows are added to OUT.
"""
import os, tempfile
from itertools import islice
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse
from torch.utils.data import DataLoader

from batches import ImageByImage, make_files
from reid_nb.data import ReIDData
from reid_nb.learner import reid_learner
from reid_nb.losses import reid_loss
from reid_nb.models import recipe_model
from reid_nb.recipe import load_recipe
from reid_nb.schedule import optimizer

def clock():
    if torch.cuda.is_available(): torch.cuda.synchronize()
    return perf_counter()

class Bare:
    "Steps of a network of its own, with the learner's kind of optimizer."
    def __init__(self, learn):
        r = learn.recipe
        self.model, self.loss = recipe_model(r, learn.dls.n_ids).to(learn.dls.device).train(), reid_loss(r.loss)
        self.opt = optimizer(r.train)(learn.splitter(self.model), lr=1e-4)
        self.batch = learn.dls.train.one_batch()[:2]

    def seconds(self, batches):
        start = clock()
        for x, y in batches:
            self.loss(self.model(x), y).backward()
            self.opt.step()
            self.opt.zero_grad()
        return clock() - start

class Blocks(Callback):
    "After each block of the learner's steps one of bare ones, of each kind; `rows` has the seconds of each, from the second epoch on."
    order = 100
    def __init__(self, kinds, size): self.kinds, self.size, self.rows, self.n = kinds, size, [], 0
    def before_train(self): self.start, self.n = clock(), 0
    def after_batch(self):
        if not self.training: return
        self.n += 1
        if self.n % self.size: return
        row = [clock() - self.start, *(seconds(self.size) for seconds in self.kinds)]
        if self.epoch: self.rows.append(row)
        self.start = clock()

def endless(loader, device):
    "Batches of `ImageByImage` for ever."
    while True:
        for x, i in loader: yield x.to(device, non_blocking=True), (i // 4).to(device)

def measure(r, root, files, steps, epochs, block, image_by_image, workers):
    "A row of the table."
    ids = steps * r.train.p
    table = pd.DataFrame(dict(file=files[:4*ids], pid=np.arange(4*ids) // 4, camid=0, seq=0, frame=0, subset='train', role='train'))
    learn = reid_learner(ReIDData(root, table, 'noise'), r.set(**{'train.epochs': epochs + 1}))
    bare = Bare(learn)
    kinds = [lambda n: bare.seconds([bare.batch] * n)]
    if image_by_image:
        loader = DataLoader(ImageByImage(root, table.file, r.model.size), 4*r.train.p, shuffle=True, drop_last=True,
                            num_workers=workers, persistent_workers=workers > 0, pin_memory=True)
        theirs = endless(loader, learn.dls.device)
        kinds.append(lambda n: bare.seconds(islice(theirs, n)))
    learn.add_cb(Blocks(kinds, block))
    if torch.cuda.is_available(): torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as tmp, learn.no_bar(), learn.no_logging(): learn.fit_recipe(tmp)
    t = np.array(learn.blocks.rows)
    n, ratio = 4*r.train.p * block / t, t[:, 0] / t[:, 1]
    row = dict(backbone=r.model.backbone, size='x'.join(map(str, r.model.size)), batch=4*r.train.p, bf16=learn.model.bf16,
               learner=np.median(n[:, 0]), bare=np.median(n[:, 1]), overhead=f'{100*(np.median(ratio) - 1):+.1f} %',
               loss=learn.history.rows[-1]['train_loss'], rounds=' '.join(f'{100*(x - 1):+.1f}' for x in ratio))
    if image_by_image: row['image_by_image'] = np.median(n[:, 2])
    if torch.cuda.is_available(): row['peak_GB'] = torch.cuda.max_memory_allocated() / 1e9
    return row

@call_parse
def main(
    backbones:str='resnet50',
    sizes:str='256x128',
    p:int=8,                     # Ids a batch, four images each
    steps:int=4,                 # An epoch, in whole blocks
    block:int=2,                 # Steps in a row of each side; 50 on a GPU
    epochs:int=7,                # That count; one more comes first
    precision:str='auto',        # 'bf16' or 'fp32'
    preset:str='along2021',
    image_by_image:bool=False,   # The third loop as well
    workers:int=8,               # Of the third loop
    out:str=None,                # csv that rows are added to
):
    if steps % block: raise SystemExit(f'--steps {steps} are no whole blocks of {block}')
    with tempfile.TemporaryDirectory() as tmp:
        os.environ['REID_CACHE'], root = f'{tmp}/cache', Path(tmp)/'files'
        root.mkdir(); make_files(root, 4 * p * steps)
        files = sorted(f.name for f in root.iterdir())
        where = torch.cuda.get_device_name() if torch.cuda.is_available() else f'CPU, {torch.get_num_threads()} threads'
        print(f'{where}; torch {torch.__version__}, {preset}', flush=True)
        for name in backbones.split():
            for size in sizes.split():
                r = load_recipe(preset).set(**{'model.backbone': name, 'model.size': [int(v) for v in size.split('x')], 'train.p': p,
                                          'train.precision': precision, 'train.warmup': 1})
                row = measure(r, root, files, steps, epochs, block, image_by_image, workers) | dict(where=where)
                print(pd.DataFrame([row]).round(1).to_string(index=False), flush=True)
                if out: pd.DataFrame([row]).to_csv(out, mode='a', header=not Path(out).exists(), index=False)
