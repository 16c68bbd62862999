"""What backbones reach from random weights in the same CPU time, and what starting from a file is worth. The recipe
`along2021` without mining on part of the training ids; as many epochs as fit into the seconds, a twelfth of them warm-up.
mAP of the labeled test part, without and with re-ranking. Then weights of the first network are the start of a training
on few of the other ids, beside one from random weights. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/backbones.py cuhk03_challenge.zip backbones
    python nbs/benchmarks/backbones.py cuhk03_challenge.zip backbones --nets resnet10t --start
"""
import json, time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastai.callback.core import Callback, CancelFitException
from fastcore.script import call_parse

from cleaning import interval
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.metrics import evaluate_rows
from reid_nb.models import save_model
from reid_nb.recipe import load_recipe
from reid_nb.rerank import k_reciprocal

class Timer(Callback):
    "CPU seconds of a step, from `n` steps after the first few; ends the training then."
    order, skipped = 90, 3
    def __init__(self, n): self.n = n
    def after_batch(self):
        if self.iter == self.skipped: self.began = time.process_time()
        if self.iter < self.skipped + self.n: return
        self.seconds = (time.process_time() - self.began) / self.n
        raise CancelFitException()

def ids_from(data, first, last):
    "The data with the training ids between two shares of a fixed random order."
    pids = np.unique(data.rows('train').pid)
    order = np.random.default_rng(0).permutation(len(pids))
    some = pids[order[round(first*len(pids)):round(last*len(pids))]]
    keep = (data.table.subset == 'test') | data.table.pid.isin(some)
    return replace(data, table=data.table[keep].reset_index(drop=True))

def quiet(learn):
    "The learner without bars and tables."
    stack = ExitStack()
    stack.enter_context(learn.no_bar())
    stack.enter_context(learn.no_logging())
    return stack

def epochs_within(data, r, seconds, folder):
    "How many epochs of the recipe fit into the CPU seconds; measured once."
    path = folder/'speed.json'
    if not path.is_file():
        timer = Timer(20)
        learn = reid_learner(data, r.set(**{'train.epochs': 1, 'train.warmup': 0}), cbs=[timer])
        with quiet(learn): learn.fit_recipe()
        found = dict(step=timer.seconds, steps=len(learn.dls.train))
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(found))
    speed = json.loads(path.read_text())
    return max(1, round(seconds / (speed['step']*speed['steps'])))

def scores(model, data, r):
    "Average precision of each query, without and with re-ranking."
    rows = data.rows('test')
    f = embed(model, rows, data.root, flip=False).features
    q = (rows.role == 'query').values
    plain = evaluate_rows(1 - f[q] @ f[~q].T, rows[q], rows[~q])
    again = evaluate_rows(k_reciprocal(f[q], f[~q], r.test.k1, r.test.k2, r.test.lambda_), rows[q], rows[~q])
    return dict(ap=plain.ap.tolist(), reranked=again.ap.tolist(), rank1=plain.cmc[1])

def train(data, r, folder):
    "What the recipe reaches, in how many CPU seconds."
    path = folder/'result.json'
    if not path.is_file():
        began = time.process_time()
        learn = reid_learner(data, r)
        with quiet(learn): learn.fit_recipe(folder)
        seconds = time.process_time() - began
        save_model(learn.model, folder)
        parameters = sum(p.numel() for p in learn.model.backbone.parameters())
        found = dict(seconds=seconds, epochs=r.train.epochs, images=r.train.epochs*len(learn.dls.train)*r.train.p*r.train.k,
                     parameters=parameters, loss=learn.history.rows[-1]['train_loss'], **scores(learn.model, data, r))
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(found))
    return json.loads(path.read_text())

def row(name, found):
    "A line of the table."
    def percent(key):
        ap = 100*np.array([found[key]])
        low, high = interval(ap)
        return f'{ap.mean():.1f} ({low:.1f} to {high:.1f})'
    return {'': name, 'M parameters': found['parameters']/1e6, 'epochs': found['epochs'], 'images': found['images'],
            'CPU s': round(found['seconds']), 'mAP': percent('ap'), 're-ranked': percent('reranked'),
            'rank-1': 100*found['rank1'], 'loss': found['loss']}

def of_length(r, epochs): return r.set(**{'train.epochs': epochs, 'train.warmup': round(epochs/12), 'train.eval_every': epochs})

@call_parse
def main(
    path:str,             # Challenge zip with a labeled validation part
    out:str,              # Folder for everything that is made
    nets:str='resnet10t resnet18 osnet_x0_5 osnet_x1_0',
    seconds:int=360,      # CPU seconds of a training
    ids:float=0.5,        # Share of the training ids that is used
    height:int=96,        # Of the network's input; half as wide
    seed:int=0,           # Of weights, batches and augmentation
    start:bool=False,     # Also start from the first network's weights, on other ids?
    few:float=1/16,       # Share of the training ids for that
    short:str='24',       # Epochs for that
    threads:int=1,        # Of torch
):
    torch.set_num_threads(threads)
    out = Path(out)
    everything = read_dataset(path, dest=out/'data')
    data = ids_from(everything, 0, ids)
    base = load_recipe('along2021').set(**{'seed': seed, 'model.size': [height, height//2]})
    table, names = [], nets.split()
    for name in names:
        r = base.set(**{'model.backbone': name})
        folder = out/f'{name}-{seed}'
        r = of_length(r, epochs_within(data, r, seconds, folder/'timing'))
        table.append(row(name, train(data, r, folder/'training')))
        print(pd.DataFrame(table[-1:]).to_string(index=False), flush=True)
    print(pd.DataFrame(table).to_string(index=False))
    if not start: return
    others = ids_from(everything, ids, ids + few)
    print(others)
    weights = out/f'{names[0]}-{seed}'/'training'
    table = []
    from_file = {'model.weights': str(weights)}
    ways = {'from random weights': {}, 'from the file': from_file, 'from the file, a tenth of the rate': from_file | {'train.lr': 5e-4},
            'from the file, a hundredth of the rate': from_file | {'train.lr': 5e-5, 'train.warmup_lr': 5e-5}}
    for epochs in map(int, short.split()):
        first = None
        for name, changes in ways.items():
            r = of_length(base.set(**{'model.backbone': names[0], **changes}), epochs)
            found = train(others, r, out/f'{name}-{epochs}-{seed}'.replace(' ', '-').replace(',', ''))
            first = first or found
            gains = 100*(np.array([found['ap']]) - np.array([first['ap']]))
            low, high = interval(gains)
            table.append(row(f'{name}, {epochs} epochs', found) | {'ahead': f'{gains.mean():+.1f} ({low:+.1f} to {high:+.1f})'})
            print(pd.DataFrame(table[-1:]).to_string(index=False), flush=True)
    print(pd.DataFrame(table).to_string(index=False))
