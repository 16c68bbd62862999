"""Does memory grow, over hundreds of epochs of one training? Memory, open files, threads and the size of the run folder.

    python nbs/benchmarks/soak.py [--epochs 240] [--most 10] [--out soak.csv]

The images are noise and the network is tiny: what grows with the epochs grows here as anywhere. Each epoch is validated and
saved. What is known to grow is told apart: the ledger, 13 bytes a visit, which mining reads in the end. The slope is that of a
line through the memory after each epoch (Theil and Sen), without the first fifth, in which libraries fill their caches; its
interval is the 95 % one of the same. Ends with status 1 when memory without the ledger grows by more than `most` KiB an epoch, or
the number of open files or of threads at all: one batch of these images, kept by mistake, is 96 KiB.
"""
import os, sys, tempfile, threading
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback
from fastcore.script import call_parse
from scipy.stats import theilslopes

from reid_nb.data import ReIDData
from reid_nb.learner import reid_learner
from reid_nb.recipe import load_recipe

def memory():
    "KiB of this process that are in memory and its own: without what is mapped from files."
    fields = dict(line.split(':') for line in Path('/proc/self/status').read_text().splitlines())
    return int(fields['RssAnon'].split()[0])

class Watch(Callback):
    "A row of measurements after each epoch."
    order = 90 # After all others
    def after_epoch(self):
        size = sum(f.stat().st_size for f in self.learn.folder.rglob('*') if f.is_file())
        ledger = sum(v.nbytes for e in self.learn.loss_recorder.loss_history.epochs for v in e.values())
        self.learn.samples.append(dict(epoch=self.epoch + 1, memory=memory(), ledger=ledger / 1024, files=len(os.listdir('/proc/self/fd')),
                                    threads=threading.active_count(), folder=size / 1024))

def slope(rows, column):
    "Of a column in an epoch, with the ends of its interval."
    late = rows[rows.epoch > len(rows) // 5]
    s, _, low, high = theilslopes(late[column], late.epoch)
    return s, low, high

@call_parse
def main(
    epochs:int=240,  # Of one training
    ids:int=24,      # Eight images each
    most:float=10,   # KiB an epoch that memory may grow by, without the ledger
    out:str=None,    # csv for all measurements
):
    pids = np.repeat(np.arange(ids), 8)
    table = pd.DataFrame(dict(file=[f'{i}.jpg' for i in range(len(pids))], pid=pids, camid=0, seq=0, frame=0, subset='train', role='train'))
    test = table[:40].assign(subset='test', camid=1, role=['query', 'gallery']*20)
    table = pd.concat([table, test], ignore_index=True)
    r = load_recipe('tiny').set(**{'model.backbone': 'test_resnet', 'model.size': [32, 16], 'train.epochs': epochs, 'train.warmup': 1,
                              'train.eval_every': 1, 'train.p': 8, 'train.precision': 'fp32', 'test.protocol': 'all images'})
    images = torch.randint(0, 256, (len(table), 3, 32, 16), dtype=torch.uint8)
    learn = reid_learner(ReIDData(Path('.'), table, 'noise'), r, images, cbs=[Watch()])
    learn.samples = []
    with tempfile.TemporaryDirectory() as tmp:
        learn.folder = Path(tmp)
        learn.fit_recipe(tmp, bar='soak')
    rows = pd.DataFrame(learn.samples)
    if out: rows.to_csv(out, index=False)
    visits = sum(len(e['row']) for e in learn.loss_recorder.loss_history.epochs)
    print(f"{epochs} epochs, {visits:,} visits; slopes an epoch from epoch {len(rows) // 5 + 1} on:")
    rows['memory without the ledger'] = rows.memory - rows.ledger
    slopes = {}
    for column, unit in (('memory', 'KiB'), ('ledger', 'KiB'), ('memory without the ledger', 'KiB'), ('files', ''), ('threads', ''), ('folder', 'KiB')):
        slopes[column], low, high = slope(rows, column)
        print(f'{column:26} {rows[column].iloc[0]:10,.0f} to {rows[column].iloc[-1]:10,.0f} {unit:4}{slopes[column]:+8.2f} ({low:+.2f} to {high:+.2f})')
    print(f"the ledger: {1024 * rows.ledger.iloc[-1] / visits:.1f} bytes a visit")
    grown = [c for c, limit in {'memory without the ledger': most, 'files': 0, 'threads': 0}.items() if slopes[c] > limit]
    if grown: sys.exit(f"not flat: {', '.join(grown)}")
