"""What the recipes are worth to one network from random weights: the winning entry's training against the baseline that
it builds on, with the same backbone, size, epochs and share of warm-up, without mining and without post-processing; and
the entry with one part changed each. mAP on the labeled test part. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/recipes.py cuhk03_challenge.zip recipes --seeds "0 1 2"
    python nbs/benchmarks/recipes.py cuhk03_challenge.zip recipes --seeds 0 --ways "1 2 3 4"
"""
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from augment import one
from cleaning import interval, part_of_ids
from reid_nb.data import read_dataset
from reid_nb.recipe import load_recipe

ALONG, TRICKS = 'along2021', 'bag_of_tricks'
WAYS = {TRICKS: {}, ALONG: {}, 'linear decay': {'train.schedule': 'linear'}, 'steps': {'train.schedule': 'step'},
        'SGD': {'train.opt': 'sgd'}, 'SGD, 4 x the rate': {'train.opt': 'sgd', 'train.lr': 0.02},
        'average pooling': {'model.pool': 'avg'}, 'softmax for circle': {'loss.id_loss': 'softmax'},
        'no dropout': {'model.dropout': 0.}, 'no affine': {'augment.affine': 0.}, 'no grayscale': {'augment.gray': 0.},
        'margin 0.3': {'loss.margin': 0.3}, 'clipped at 5': {'train.clip': 5.}, 'averaged': {'train.ema': 0.998},
        'pairs of images': {'loss.id_loss': 'pairwise_circle', 'loss.gamma': 128.},
        f"rates and decay of {TRICKS}": {'train.lr': 3.5e-4, 'train.warmup_lr': 3.5e-6, 'train.schedule': 'step', 'train.wd': 5e-4},
        f"{TRICKS} with the rates and decay of {ALONG}": {'train.lr': 5e-3, 'train.warmup_lr': 1e-4, 'train.schedule': 'cosine',
                                                          'train.wd': 1e-4}}

def row(way, found, seeds):
    "A line of the table: mAP, and what it is ahead of the baseline."
    ap, base = (100*np.array([found[w, s]['ap'] for s in seeds]) for w in (way, TRICKS))
    (a, b), (c, d) = interval(ap), interval(ap - base)
    return dict(way=way, mAP=f'{ap.mean():.1f} ({a:.1f} to {b:.1f})', ahead=f'{(ap - base).mean():+.1f} ({c:+.1f} to {d:+.1f})',
                seeds=' '.join(f'{m:.1f}' for m in ap.mean(1)), loss=np.mean([found[way, s]['loss'] for s in seeds]))

@call_parse
def main(
    path:str,                # Challenge zip with a labeled validation part
    out:str,                 # Folder for everything that is made
    seeds:str='0 1 2',       # Of weights, batches and augmentation
    ways:str='1',            # Which, numbers from 0; the baseline always
    ids:float=0.5,           # Share of the training ids that is used
    backbone:str='resnet10t',
    height:int=96,           # Of the network's input; half as wide
    epochs:int=24,           # A twelfth of them warm-up
    threads:int=1,           # Of torch
):
    torch.set_num_threads(threads)
    out, names, found, seeds = Path(out), list(WAYS), {}, [int(s) for s in seeds.split()]
    data = part_of_ids(read_dataset(path, dest=out/'data'), ids)
    print(data)
    todo = [names[i] for i in sorted({0, *map(int, ways.split())})]
    for seed in seeds:
        for way in todo:
            r = load_recipe(TRICKS if way.startswith(TRICKS) else ALONG).set(**{
                'seed': seed, 'model.backbone': backbone, 'model.size': [height, height//2], 'train.epochs': epochs,
                'train.warmup': round(epochs/12), 'train.eval_every': epochs, **WAYS[way]})
            found[way, seed] = got = one(data, r, out/f'{way}-{seed}'.replace(' ', '-'))
            print(f"seed {seed} {way:46} mAP {100*np.mean(got['ap']):.1f}, training loss {got['loss']:.2f}", flush=True)
    print(pd.DataFrame([row(way, found, seeds) for way in todo]).to_string(index=False))
