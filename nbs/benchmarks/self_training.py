"""Do crops without names help? A share of the training people keep their names, the images of the others have none. One
network is trained on the named people alone; with the others, sorted into people by it (`self_train`, what `reid_train
--unlabeled` does); on the named people for as many images as both trainings of the second way show; and on all with
their true names, which is the most that there is to gain. Judged by the test part of DATA, without post-processing.

DATA is a table of splits.py. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/self_training.py splits/n2000.csv self_training --seeds "0 1 2"
"""
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.metrics import evaluate_rows
from reid_nb.models import load_model
from reid_nb.people import PEOPLE_FILE, people_table
from reid_nb.pipeline import train_model
from reid_nb.recipe import load_recipe
from reid_nb.run_files import run_data
from reid_nb.runs import RunFile, beside
from reid_nb.self_training import self_train
from small import of_length, told

WAYS = 'named', 'and nameless', 'named, as long', 'all names'

def split_people(data, share, seed):
    "The data with the training people that keep their names, and the images of the others, of which only the file is known."
    pids = np.unique(data.rows('train').pid)
    named = np.random.default_rng(seed).permutation(pids)[:round(share*len(pids))]
    table = data.table
    is_named = (table.subset == 'test') | table.pid.isin(named)
    nameless = table.loc[~is_named, ['file']].reset_index(drop=True)
    return replace(data, table=table[is_named].reset_index(drop=True)), replace(data, table=nameless)

def shown_in_epoch(data, r): return len(reid_learner(data, r).dls.train) * r.train.p * r.train.k

def trained(data, r, out):
    "Folder of the training, continued where it stopped."
    if not (out/RunFile.weights).is_file(): train_model(data, r, out, resume=out.is_dir(), verbose=False)
    return out

def measured(run, data, **more):
    "What the network in the folder reaches; written there."
    rows = data.rows('test')
    features = embed(load_model(run), rows, data.root, flip=False).features
    is_query = (rows.role == 'query').to_numpy()
    q, g = rows[is_query], rows[~is_query]
    result = evaluate_rows(1 - features[is_query] @ features[~is_query].T, q, g)
    found = dict(ap=result.ap.tolist(), people=q.pid.tolist(), **more)
    with atomic_write(run/'result.json') as tmp: tmp.write_text(json.dumps(found))
    return found

def sorted_right(run, data):
    "Of the pairs of crops that were given one name, the share that is one person's; and how many crops were given one."
    rows = people_table(beside(run, 'people')/PEOPLE_FILE, 4, .35)
    name = data.table.set_index('file').pid.reindex(rows.file).to_numpy()
    same = pd.crosstab(rows.pid.to_numpy(), name).to_numpy()
    pairs = (same*(same - 1)).sum() / (same.sum(1)*(same.sum(1) - 1)).sum()
    return dict(right=float(pairs), crops=len(rows))

def one(way, data, parts, r, folder):
    "The result of one way."
    named, nameless = parts
    out = folder/way.replace(' ', '-')
    if way == 'and nameless': out = beside(folder/'named', 'both')
    if (out/'result.json').is_file(): return json.loads((out/'result.json').read_text())
    if way == 'all names': return measured(trained(data, r, out), data, shown=r.train.epochs*shown_in_epoch(data, r))
    first = r.train.epochs*shown_in_epoch(named, r)
    if way == 'named': return measured(trained(named, r, out), data, shown=first)
    if way == 'and nameless':
        if not (out/RunFile.weights).is_file(): self_train(folder/'named', nameless, resume=out.is_dir(), verbose=False)
        second = r.train.epochs*shown_in_epoch(run_data(out), r)
        return measured(out, data, shown=first + second, **sorted_right(folder/'named', data))
    total = json.loads((beside(folder/'named', 'both')/'result.json').read_text())['shown']
    long = of_length(r, round(r.train.epochs*total/first))
    return measured(trained(named, long, out), data, shown=total)

def row(way, results, base):
    "A line of the table."
    def both(found): return 100*np.array([one['ap'] for one in found])
    people = results[0]['people']
    right = [one['right'] for one in results if 'right' in one]
    return {'way': way, 'mAP': told([(both(results), people)]), 'gain': told([(both(results) - both(base), people)], '+'),
            'images shown': round(np.mean([one['shown'] for one in results])),
            'pairs right': f'{np.mean(right):.2f}' if right else '', 'seeds': len(results)}

@call_parse
def main(
    data:str,               # Table of splits.py
    out:str,                # Folder for everything that is made
    share:float=.25,        # Of the training people who keep their names
    seeds:str='0 1 2',      # Of who they are, and of the training
    recipe:str='small',     # Preset
    height:int=64,          # Of the network's input; half as wide
    epochs:int=60,          # A twelfth of them warm-up
    threads:int=1,          # Of torch
):
    torch.set_num_threads(threads)
    out, given = Path(out), read_dataset(data)
    found = {way: [] for way in WAYS}
    for seed in map(int, seeds.split()):
        parts = split_people(given, share, seed)
        r = load_recipe(recipe).set(**{'seed': seed, 'model.size': [height, height//2], 'train.minutes': 0., 'train.grow': 0., 'noise.clean': False})
        r = of_length(r, epochs).set(**{'train.eval_every': epochs})
        folder = out/f'{Path(data).stem}-{share:g}-{seed}'
        folder.mkdir(parents=True, exist_ok=True)
        for way in WAYS:
            got = one(way, given, parts, r, folder)
            found[way].append(got)
            told_of = f", {got['crops']} crops named, pairs right {got['right']:.2f}" if 'right' in got else ''
            print(f"seed {seed} {way:16} mAP {100*np.mean(got['ap']):.1f}, {got['shown']} images shown{told_of}", flush=True)
    table = pd.DataFrame([row(way, found[way], found['named']) for way in WAYS])
    with atomic_write(out/f'{Path(data).stem}.csv') as tmp: table.to_csv(tmp, index=False)
    print(table.to_string(index=False))
