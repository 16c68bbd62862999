"""What an augmentation is worth to a network that is trained from scratch: the preset `tiny` with one change each, on
part of the training ids, and its mAP on the labeled test part. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/augment.py cuhk03_challenge.zip augment --seeds "0 1 2"
"""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from cleaning import interval, part_of_ids
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.learner import reid_learner
from reid_nb.recipe import load_recipe

WAYS = {'as it is': {}, 'with AugMix': {'augment.augmix': 0.5}, 'with color jitter': {'augment.jitter': 0.5},
        'with patches of others': {'augment.patch': 0.5}, 'with affine': {'augment.affine': 0.5},
        'some images gray': {'augment.gray_all': 0.1}, 'erased by noise': {'augment.fill': 'noise'},
        'without erasing': {'augment.erase': 0.0}, 'without local grayscale': {'augment.gray': 0.0},
        'without any': {f'augment.{k}': v for k, v in dict(flip=0., pad=0, gray=0., erase=0.).items()}}

def one(data, r, folder):
    "Average precision of each query, by the network trained with the recipe `r`."
    path = folder/'result.json'
    if not path.is_file():
        learn = reid_learner(data, r)
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(folder)
        found = dict(ap=learn.retrieval.result.ap.tolist(), loss=learn.history.rows[-1]['train_loss'])
        with atomic_write(path) as tmp: tmp.write_text(json.dumps(found))
    return json.loads(path.read_text())

@call_parse
def main(
    path:str,          # Challenge zip with a labeled validation part
    out:str,           # Folder for everything that is made
    seeds:str='0 1 2', # Of weights, batches and augmentation
    ways:str='',       # Only these, numbers from 0, besides the first
    ids:float=0.5,     # Share of the training ids that is used
    height:int=96,     # Of the network's input; half as wide
    epochs:int=24,     # Of the preset `tiny`
    threads:int=1,     # Of torch
):
    torch.set_num_threads(threads)
    out, names, found = Path(out), list(WAYS), {}
    data = part_of_ids(read_dataset(path, dest=out/'data'), ids)
    print(data)
    todo = [names[i] for i in sorted({0, *map(int, ways.split())})] if ways else names
    for seed in map(int, seeds.split()):
        for way in todo:
            r = load_recipe('tiny').set(**{'seed': seed, 'model.size': [height, height//2], 'train.epochs': epochs,
                                      'train.eval_every': epochs, **WAYS[way]})
            got = one(data, r, out/f'{way}-{seed}'.replace(' ', '-'))
            found.setdefault(way, []).append(got)
            print(f"seed {seed} {way:24} mAP {100*np.mean(got['ap']):.1f}, training loss {got['loss']:.2f}", flush=True)
    rows = []
    for way, results in found.items():
        ap, base = (100*np.array([r['ap'] for r in x]) for x in (results, found[todo[0]]))
        (a, b), (c, d) = interval(ap), interval(ap - base)
        rows.append(dict(way=way, mAP=f'{ap.mean():.1f} ({a:.1f} to {b:.1f})',
                         gain=f'{(ap - base).mean():+.1f} ({c:+.1f} to {d:+.1f})',
                         seeds=' '.join(f'{m:.1f}' for m in ap.mean(1)), loss=np.mean([r['loss'] for r in results])))
    print(pd.DataFrame(rows).to_string(index=False))
