"""Real occlusion between players in two uniforms: which score sees it? AUROC of crops under 30 % visible against those
over 90 %, with intervals over drawn pieces of two seconds of a player, and against the area of the crop, which needs no
training at all. Resumable: what is in OUT is not done again.

    python nbs/benchmarks/occlusion.py snmot116_occlusion.zip occlusion --seeds "0 1 2" --folds 3
"""
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from safetensors.numpy import load_file, save_file
from scipy.stats import rankdata

from reid_nb.cache import decode_images
from reid_nb.core import atomic_write
from reid_nb.data import read_dataset
from reid_nb.embed import embed
from reid_nb.explore import image_sizes
from reid_nb.images import open_image
from reid_nb.learner import reid_learner
from reid_nb.loss_history import read_loss_history
from reid_nb.noise import auroc, center_by_id, confident_learning, cross_fit
from reid_nb.recipe import load_recipe

@torch.no_grad()
def cosines(model, images):
    "(N, C) class scores, averaged over an image and its mirror; probabilities would round the differences away."
    model.eval()
    look = lambda x: sum(model.scores(model.pooled(v)) for v in (x, x.flip(-1))) / 2
    return torch.cat([look(x.float()/255) for x in images.split(128)]).numpy()

def trained(data, r, images, folder):
    "Loss history, class scores and features of one training on all crops."
    if not (folder/'look.safetensors').is_file():
        learn = reid_learner(data, r, images)
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(folder)
        f = embed(learn.model, data.table, pixels=images).features
        with atomic_write(folder/'look.safetensors') as tmp:
            save_file(dict(scores=cosines(learn.model, images), features=f), tmp)
    return read_loss_history(folder/'losses'), load_file(folder/'look.safetensors')

def neighbors(f, table, within):
    "Mean similarity to crops of the same id up to `within` frames away, and the highest to another id's within five."
    sim, pid, t = f @ f.T, table.pid.values, table.frame.values
    near, same = abs(t[:, None] - t), pid[:, None] == pid
    own = np.where(same & (near <= within) & ~np.eye(len(f), dtype=bool), sim, np.nan)
    other = np.where(~same & (near <= 5), sim, -1)
    return -np.nan_to_num(np.nanmean(own, 1), nan=np.nanmean(own)), other.max(1)

def filled(s): return np.where(np.isnan(s), np.nanmedian(s), s)
def ranks(s): return rankdata(filled(s))
def sum_of_ranks(*scores): return sum(ranks(s) for s in scores)
def auc(score, table, at=slice(None)): return auroc(filled(score)[at], table.iloc[at], hidden=0.3)

def report(scores, table, n=1000):
    "AUROC, its interval, and the interval of the difference to the area, over drawn (player, 50 frames) pieces."
    rng, got = np.random.default_rng(0), []
    groups = list(table.groupby([table.pid, table.frame//50]).indices.values())
    for _ in range(n):
        at = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        got.append([auc(s, table, at) for s in scores.values()])
    got, rows = np.array(got), []
    for k, (name, s) in enumerate(scores.items()):
        (a, b), (c, d) = (np.percentile(x, [2.5, 97.5]) for x in (got[:, k], got[:, k] - got[:, 0]))
        value = f'{auc(s, table):.3f} ({a:.3f} to {b:.3f})'
        rows.append(dict(score=name, AUROC=value, over_area=f'{c:+.3f} to {d:+.3f}'))
    return pd.DataFrame(rows).set_index('score')

@call_parse
def main(
    path:str,          # Challenge zip with a truth.csv
    out:str,           # Folder for everything that is made
    seeds:str='0 1 2', # Of the trainings, whose scores are averaged by rank
    epochs:int=12,     # Of the preset `tiny`
    folds:int=0,       # Of a cross-fit with the first seed, 0 for none
    threads:int=1,     # Of torch
):
    torch.set_num_threads(threads)
    out, data = Path(out), read_dataset(path, dest=Path(out)/'data')
    table = data.rows('train').reset_index(drop=True)
    base = load_recipe('tiny').set(**{'train.epochs': epochs, 'train.eval_every': epochs})
    data, images = replace(data, table=table), decode_images(table, data.root, base.model.size)
    gray = [cv2.cvtColor(np.asarray(open_image(data.root, f)), cv2.COLOR_RGB2GRAY) for f in table.file]
    size = image_sizes(table, data.root)
    scores = {'area of the crop, negative': -(size.width*size.height).values.astype(float),
              'variance of the Laplacian': np.array([cv2.Laplacian(g, cv2.CV_64F).var() for g in gray])}
    runs, own = [], np.unique(table.pid, return_inverse=True)[1]
    for seed in map(int, seeds.split()):
        visits, look = trained(data, base.set(seed=seed), images, out/f'seed-{seed}')
        p = look['scores']
        label, rival = p[np.arange(len(p)), own], np.where(np.arange(p.shape[1]) == own[:, None], -np.inf, p).max(1)
        near, other = neighbors(look['features'], table, 25)
        every = dict(window=(0, 1))
        s = {'mean loss of all epochs': visits.noise_score(**every), 'mean loss, last 60 %': visits.noise_score(),
             'least loss': visits.noise_score('least'), 'last loss': visits.noise_score('last'),
             'rank of the loss': visits.noise_score('rank', **every),
             'forgetting': visits.noise_score('forgetting', **every),
             'mean loss, views without erasing': visits.noise_score(without=['RandomErasing'], **every),
             'mean loss, less half of the id': center_by_id(visits.noise_score(**every), table.pid, 0.5),
             'share of visits that name one other person': visits.confused((0, 1))[1],
             'second look: surprise at the label': -label, 'second look: another id': rival,
             'second look: margin': rival - label,
             'unlike its neighbors in time': near, 'like another id at that time': other}
        s['loss + look'] = sum_of_ranks(s['mean loss of all epochs'], -label)
        s['loss + look + neighbors'] = sum_of_ranks(s['mean loss of all epochs'], -label, near, other)
        print(f'seed {seed}, AUROC by epoch:', *[f'{auc(l, table):.3f}' for l in visits.losses()])
        runs.append(s)
    for name in runs[0]: scores[name] = np.mean([ranks(s[name]) for s in runs], 0)
    if folds:
        judged = cross_fit(data, base, folds, blocks=True, images=images, folder=out/'folds')
        for how in ('label', 'other', 'margin', 'loss', 'both'): scores[f'cross-fitted: {how}'] = judged.score(how)
        scores['confident learning'] = confident_learning(judged.probs, table.pid).score.values
        scores['loss + look + neighbors + cross-fitted label'] = sum_of_ranks(scores['loss + look + neighbors'],
                                                                               judged.score('label'))
    area = scores['area of the crop, negative']
    scores['loss + look + neighbors + area'] = sum_of_ranks(scores['loss + look + neighbors'], area)
    print(report(scores, table).to_string())
