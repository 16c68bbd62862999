"""How well are hidden people found? People are hidden in the training part on purpose; one training or more and, if
wanted, a cross-fit then score the images, and the scores are held against the truth. Resumable: what is in OUT is not
done again.

    python nbs/benchmarks/mining.py cuhk03_challenge.zip mining --epochs 24 --runs 2
"""
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from sklearn.metrics import average_precision_score

from reid_nb.core import load_table
from reid_nb.data import ReIDData, read_dataset
from reid_nb.learner import reid_learner
from reid_nb.loss_history import read_loss_history
from reid_nb.noise import SCORES, auroc, center_by_id, confident_learning, cross_fit, thresholds, true_kinds
from reid_nb.recipe import load_recipe
from reid_nb.synth import occlude

HIDDEN, PART = 0.15, 0.75 # Visible fraction below which a person counts as wholly, and as partly hidden

def measures(score, table, cut=None):
    "How good a score is; with `cut`, how good the set is that it drops."
    score, truth = np.where(np.isnan(score), np.nanmedian(score), score), true_kinds(table.visible, HIDDEN, PART)
    full, part, order = truth == 'hidden', truth == 'partial', np.argsort(-score, kind='stable')
    k = np.searchsorted(full[order].cumsum(), np.ceil(0.6*full.sum())) + 1
    drop = score >= cut if cut is not None else np.isin(np.arange(len(score)), order[:k])
    return dict(AUROC=auroc(score, table, HIDDEN), AP=average_precision_score(full, score), dropped=drop.sum(),
                precision=full[drop].mean(), recall=drop[full].mean(), partly=drop[part].mean(),
                clear=drop[truth == 'clean'].mean())

def spread(score, table, cut, n=1000):
    "95 % intervals of precision, recall and the part of the partly hidden that is dropped, over drawn ids."
    rng, groups, got = np.random.default_rng(0), list(table.groupby('pid').indices.values()), []
    for _ in range(n):
        at = np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])
        m = measures(score[at], table.iloc[at], cut)
        got.append([m['precision'], m['recall'], m['partly']])
    return ', '.join(f'{name} {a:.3f} to {b:.3f}' for name, a, b in
                     zip(('precision', 'recall', 'partly hidden dropped'), *np.percentile(got, [2.5, 97.5], axis=0)))

def readings(visits, pids):
    "Mean of the last 40 % without erased views, and least loss, each less half of the id and in robust deviations."
    x = [visits.noise_score('mean', (0.6, 1), ['RandomErasing']), visits.noise_score('least')]
    x = np.array([center_by_id(np.where(np.isnan(s), np.nanmedian(s), s), pids, 0.5) for s in x])
    x -= np.median(x, 1, keepdims=True)
    return (x / np.median(abs(x), 1, keepdims=True)).mean(0)

def one(data, r, folder):
    "The ledger of one training."
    if not (folder/'done').is_file():
        learn = reid_learner(data, r)
        with learn.no_bar(), learn.no_logging(): learn.fit_recipe(folder)
        (folder/'done').touch()
    return read_loss_history(folder/'losses')

@call_parse
def main(
    path:str,            # Challenge zip
    out:str,             # Folder for everything that is made
    seed:int=0,          # Of the hiding; 42 more is that of the first training
    epochs:int=24,       # Of a training with the preset `tiny`
    runs:int=1,          # Trainings with seeds of their own, whose scores are averaged as well
    folds:int=0,         # Of the cross-fit, 0 for none
    fold_epochs:int=16,  # Of each of its trainings
    threads:int=1,       # Of torch
):
    torch.set_num_threads(threads)
    out, data = Path(out), read_dataset(path, dest=Path(out)/'data')
    root = out/f'hidden-{seed}'
    table = load_table(root/'truth.csv') if root.is_dir() else occlude(data.table, data.root, root, seed=seed)
    data = ReIDData(root, table, data.name)
    train = data.rows('train').reset_index(drop=True)
    r = load_recipe('tiny').set(**{'seed': 42 + seed, 'train.epochs': epochs, 'train.eval_every': epochs})
    books, scores = [one(data, r.set(seed=42 + seed + 1000*i), out/f'run-{seed}-{i}') for i in range(runs)], {}
    visits = books[0]
    for how in (*SCORES, 'forgetting'): scores[how] = visits.noise_score(how)
    scores['mean, views without erasing'] = visits.noise_score(without=['RandomErasing'])
    scores['mean of all epochs'] = visits.noise_score(window=(0, 1))
    scores['mean, less half of the id'] = center_by_id(visits.noise_score(), train.pid, 0.5)
    for n in sorted({1, runs}):
        scores[f'two readings, {n} runs'] = np.mean([readings(v, train.pid) for v in books[:n]], 0)
    for e in range(len(visits)): print(f'epoch {e + 1}: AUROC {auroc(visits.losses()[e], train, HIDDEN):.3f}')
    if folds:
        shorter = r.set(**{'train.epochs': fold_epochs})
        judged = cross_fit(replace(data, table=train), shorter, folds, blocks=False, folder=out/f'folds-{seed}')
        for how in ('label', 'other', 'margin', 'loss', 'both'):
            scores[f'cross-fitted, {how}, less half of the id'] = judged.score(how, 0.5)
        scores['confident learning'] = confident_learning(judged.probs, train.pid).score.values
    print(f'{len(train):,} images; dropping until 60 % of the wholly hidden are found:')
    print(pd.DataFrame({name: measures(s, train) for name, s in scores.items()}).T.round(3).to_string())
    for name in ('mean, less half of the id', f'two readings, {runs} runs'):
        for unit, low, high in (('deviations', 1.5, 3), ('deviations', 2, 4), ('mixture', 0.5, 0.999)):
            cut = thresholds(scores[name], unit, low, high)[1]
            got = {k: round(float(v), 3) for k, v in measures(scores[name], train, cut).items()}
            print(f'{name}, {unit} {high}:', got)
            print('   95 %:', spread(scores[name], train, cut))
