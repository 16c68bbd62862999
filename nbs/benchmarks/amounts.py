"""From which amount of hidden people on does cleaning pay? One network, trained on data in which a growing share of the
images shows somebody else in front, in runs of neighboring images as when a player stands in the way, and for so long
that it learns the wrong labels too: with everything; with all suspects dropped; by the paper's rule (wholly hidden
dropped, partly hidden shown twice); each by the mean loss, as in the paper, and by likeness (`own_likeness`); and with
the truth in place of mining. It tells which share of the wholly hidden images the network has by heart at the end, and
of which share of the dropped ones the truth says the same. Judged by the clear test part, without post-processing.

DATA is a table of splits.py, or `players:IDS`, synthetic players of a seed that no notebook uses, in the challenge's
layout, whose neighboring frames are nearly equal. Resumable: what is in OUT is not trained again.

    python nbs/benchmarks/amounts.py splits/n2000.csv amounts --seeds "0 1 2"
    python nbs/benchmarks/amounts.py players:300 amounts --amounts "12 30" --seeds "0 1 2"
"""
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse

from backbones import quiet
from cleaning import HIDDEN, PART, interval, noisy
from reid_nb.cleaning import apply_decisions, decide
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.learner import reid_learner
from reid_nb.loss_history import read_loss_history
from reid_nb.metrics import evaluate_rows
from reid_nb.noise import mine, true_kinds
from reid_nb.recipe import load_recipe
from reid_nb.synth import make_dataset
from reid_nb.zooms import Zoomed

ALL = 'everything'
WAYS = ALL, 'truth dropped', 'loss, all suspects dropped', "loss, paper's rule", 'likeness, all suspects dropped', "likeness, paper's rule"
PARTLY = 0.5 # Share of the images that are partly hidden, of that of the wholly hidden
RUN = 3      # Neighboring images that one person hides
PLAYERS = dict(frames=10, n_val=60, n_test=1, seed=2024)

def base_data(name, out):
    "The data, and a name for its folder."
    if not name.startswith('players:'): return read_dataset(name), Path(name).stem
    n_ids = int(name.partition(':')[2])
    path = out/f'players-{n_ids}.zip'
    if not path.is_file(): make_dataset(path, n_ids=n_ids, **PLAYERS)
    return read_dataset(path, dest=out/'data'), path.stem

def with_hidden(data, amount, seed, root):
    "The data with that many percent of the training images wholly hidden, and half as many partly."
    levels = [(amount/100, (0, 0.1)), (PARTLY*amount/100, (0.3, 0.7))]
    return noisy(data, root, levels=levels, seed=seed, runs=RUN)

def kinds(way, table, folder, r):
    "The table with `kind`, by the truth or by what the training on everything tells."
    truth = true_kinds(table.visible, HIDDEN, PART)
    if way == ALL: return table.assign(kind='clean')
    if way.startswith('truth'): return table.assign(kind=truth)
    score = 'mean' if way.startswith('loss') else 'likeness'
    features = np.load(folder/ALL/'features.npy')
    mined = mine(read_loss_history(folder/ALL/'losses'), table, replace(r.noise, score=score), features=features)
    if way.endswith('suspects dropped'): mined['kind'] = mined.kind.replace('partial', 'hidden')
    return mined

def by_heart(history, hidden):
    "Share of the wholly hidden images whose wrong label the network gave, in each epoch."
    return np.nanmean(1 - history.error_rate()[:, hidden], axis=1).tolist()

def one(way, data, r, folder):
    "Average precision of each query for the network that was trained that way, and what was dropped for it."
    path = folder/way/'result.json'
    if path.is_file(): return json.loads(path.read_text())
    decided = decide(kinds(way, data.table, folder, r), spare=r.noise.spare)
    table = apply_decisions(data.table, decided, min_images=0)
    learn = reid_learner(replace(data, table=table), r)
    with quiet(learn): learn.fit_recipe(folder/way)
    rows, train = data.rows('test'), data.rows('train')
    features = embed(learn.model, rows, data.root, flip=False).features
    is_query = (rows.role == 'query').to_numpy()
    result = evaluate_rows(1 - features[is_query] @ features[~is_query].T, rows[is_query], rows[~is_query])
    is_hidden, is_gone = (train.visible < HIDDEN).to_numpy(), (decided.decision == 'drop').to_numpy()
    found = dict(ap=result.ap.tolist(), images=len(train), hidden=int(is_hidden.sum()), dropped=int(is_gone.sum()),
                 rightly=int((is_gone & is_hidden).sum()))
    if way == ALL:
        found['heart'] = by_heart(read_loss_history(folder/way/'losses'), is_hidden)
        np.save(folder/way/'features.npy', embed(Zoomed(learn.model), train, data.root, flip=True).features)
    with atomic_write(path) as tmp: tmp.write_text(json.dumps(found))
    return found

def share(a, b): return f'{a/b:.2f}' if b else ''

def row(name, amount, way, results, base):
    "A line of the table."
    ap, before = (100*np.array([found['ap'] for found in some]) for some in (results, base))
    (low, high), (a, b) = interval(ap), interval(ap - before)
    def total(key): return sum(found[key] for found in results)
    heart = np.mean([found['heart'][-1] for found in base])
    return {'data': name, '% hidden': amount, 'way': way, 'mAP': f'{ap.mean():.1f} ({low:.1f} to {high:.1f})',
            'gain': f'{(ap - before).mean():+.1f} ({a:+.1f} to {b:+.1f})', 'dropped': total('dropped')/len(results),
            'rightly': share(total('rightly'), total('dropped')), 'of the hidden': share(total('rightly'), total('hidden')),
            'by heart': f'{heart:.2f}', 'seeds': len(results)}

@call_parse
def main(
    data:str,                  # Table of splits.py, or players:IDS
    out:str,                   # Folder for everything that is made
    amounts:str='6 12 20 30',  # Percent of the training images that are wholly hidden
    seeds:str='0 1 2',         # Of the hiding and of the training
    ways:str='',               # Only these besides the first, numbers from 1
    recipe:str='small',        # Preset
    height:int=64,             # Of the network's input; half as wide
    epochs:int=24,             # A twelfth of them warm-up
    threads:int=1,             # Of torch
):
    torch.set_num_threads(threads)
    out, rows = Path(out), []
    clear, name = base_data(data, out)
    todo = [ALL, *(WAYS[int(i)] for i in ways.split())] if ways else WAYS
    for amount in map(int, amounts.split()):
        found = {way: [] for way in todo}
        for seed in map(int, seeds.split()):
            hidden = with_hidden(clear, amount, seed, out/f'{name}-{amount}-{seed}')
            changes = {'seed': seed, 'model.size': [height, height//2], 'train.epochs': epochs, 'train.warmup': round(epochs/12),
                       'train.eval_every': epochs, 'train.grow': 0.}
            r = load_recipe(recipe).set(**changes)
            for way in todo:
                got = one(way, hidden, r, out/f'{name}-{amount}-{seed}-trainings')
                found[way].append(got)
                heart = f", by heart {got['heart'][-1]:.2f}" if 'heart' in got else ''
                print(f"{name} {amount} % seed {seed} {way:32} mAP {100*np.mean(got['ap']):.1f}{heart}, dropped {got['dropped']}", flush=True)
        rows += [row(name, amount, way, found[way], found[ALL]) for way in todo]
    table = pd.DataFrame(rows)
    with atomic_write(out/f'{name}.csv') as tmp: table.to_csv(tmp, index=False)
    print(table.to_string(index=False))
