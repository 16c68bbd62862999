"""What one training knows about its own labels. Six questions, each with a training of the preset `small` (of the demonstration run's
recipe for synthetic players):

- `labels-even`, `labels-odd`: wrong labels of known kinds (`mislabel`) among the CUHK03 training people of even and of odd
  number; how many of each kind are found. Thresholds were chosen on the even ones.
- `pasted-even`, `pasted-odd`: people pasted in front (`occlude`); average precision of mean loss and likeness, and the highest
  precision at a recall of 0.6 or more.
- `players-1`, `players-2`: synthetic players of these seeds, of which the first are the embedded ones; the same, and what a run
  would drop.
- `embedded`, `snmot`: really hidden players, and among the training images pasted copies: what precision do the pasted ones promise
  for a drop (Garg 2021), what a mixture of normal curves, and what is true?
- `snmot-alone`: the second without copies; both scores.

All but the labels and the copies also tell how often forty looks promise something, and break it (`sure_threshold`).

Resumable: a training that is in OUT is not done again.

    python nbs/benchmarks/suspects.py out --cuhk cuhk03_challenge.zip --snmot snmot116_occlusion.zip
"""
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from fastcore.script import call_parse
from sklearn.metrics import average_precision_score, precision_recall_curve
from sklearn.mixture import GaussianMixture

from reid_nb.cache import decode_images
from reid_nb.certainty import draw_looks, sure_threshold
from reid_nb.cleaning import decide
from reid_nb.core import load_table
from reid_nb.data import ReIDData, read_dataset
from reid_nb.decisions import give_to
from reid_nb.demo import EMBEDDED, demo_data, demo_run
from reid_nb.embed import embed
from reid_nb.mislabel import mislabel
from reid_nb.models import load_model
from reid_nb.noise import auroc, mine
from reid_nb.own_likeness import likeness_score, views_of
from reid_nb.pipeline import Job, train_job
from reid_nb.provenance import read_training_losses, training_rows
from reid_nb.recipe import load_recipe, save_recipe
from reid_nb.retrieval import embed_options
from reid_nb.runs import load_run_recipe
from reid_nb.synth import make_dataset, occlude
from reid_nb.wrong_labels import pairs_of_ids, sure_score, wrong_labels
from reid_nb.zooms import Zoomed, first_look

PLANTED = (0.06, (0, 0.15)), (0.03, (0.15, 0.5)), (0.03, (0.5, 0.8)) # Pasted copies among the training images
HALF = 0.5 # Visible part below which it is right to drop an image
N_DRAWN = 500

def one_training(data, recipe, folder):
    "Features and mean loss of the training images."
    folder.mkdir(parents=True, exist_ok=True)
    save_recipe(recipe, folder/'recipe.toml')
    train_job(data, Job(folder, recipe, data.table), verbose=False)
    history = read_training_losses(folder, training_rows(data), recipe)
    images = decode_images(data.table, data.root, recipe.model.size, recipe.model.resize)
    found = embed(Zoomed(load_model(folder)), data.table, pixels=images, **embed_options(recipe.test))
    return np.asarray(found.features), history.noise_score('mean', recipe.noise.window)

def drawn(pids, seed=0, n=N_DRAWN):
    "Yield places of the images of drawn ids, whole ids."
    rng, groups = np.random.default_rng(seed), list(pd.Series(range(len(pids))).groupby(np.asarray(pids)).groups.values())
    for _ in range(n):
        chosen = rng.integers(len(groups), size=len(groups))
        yield np.concatenate([groups[i] for i in chosen])

def tell(name, value, others):
    low, high = np.nanpercentile(others, [2.5, 97.5])
    print(f'  {name}: {value:.3f} (95 % of drawn ids {low:.3f} to {high:.3f})', flush=True)

def train_part(data): return data.table[data.table.subset == 'train'].reset_index(drop=True)

def half_of(data, name):
    "The training people of even or odd number, and the seed that goes with them."
    is_even = name.endswith('even')
    table = train_part(data)
    return table[table.pid % 2 == (0 if is_even else 1)].reset_index(drop=True), 0 if is_even else 1

def labels(data, name, out, epochs):
    "Precision and recall by kind of wrong label."
    table, seed = half_of(data, name)
    table = mislabel(table, seed=seed)
    recipe = load_recipe('small').set(**{'train.epochs': epochs, 'seed': 42 + seed})
    looks, _ = one_training(ReIDData(data.root, table, name), recipe, out/name)
    features = first_look(looks)
    found = wrong_labels(features, table.pid, views_of(table))
    swapped, told = (table.wrong == 'swapped').to_numpy(), (found.suspicion == 'swapped').to_numpy()
    mended = told & (found.suggestion == table.true_pid.map(give_to)).to_numpy()
    at = list(drawn(table.pid))
    print(f'{name}: {len(table):,} images, {swapped.sum()} swapped, {told.sum()} told')
    tell('swapped, precision', swapped[told].mean(), [swapped[a][told[a]].mean() for a in at])
    tell('swapped, recall', told[swapped].mean(), [told[a][swapped[a]].mean() for a in at])
    tell('swapped, told whose they are, of all told', mended[told].mean(), [mended[a][told[a]].mean() for a in at])
    n_people = table.groupby('pid').true_pid.nunique()
    ids = pd.DataFrame(dict(two=n_people > 1, joined=table.wrong.eq('two people').groupby(table.pid).any(),
                            told=(found.suspicion != '').groupby(table.pid).any(),
                            told_joined=(found.suspicion == 'two people').groupby(table.pid).any()))
    rng = np.random.default_rng(0)
    again = [ids.iloc[rng.integers(len(ids), size=len(ids))] for _ in range(N_DRAWN)]
    for what, truth, said in (('id holds two people', 'two', 'told'), ('of that, two people joined', 'joined', 'told_joined')):
        tell(f'{what}, precision', ids[truth][ids[said]].mean(), [b[truth][b[said]].mean() for b in again])
        tell(f'{what}, recall', ids[said][ids[truth]].mean(), [b[said][b[truth]].mean() for b in again])
    pairs = pairs_of_ids(features, table.pid, views_of(table))
    cut = {tuple(sorted(rows.pid.unique())) for _, rows in table[table.wrong == 'one person'].groupby('true_pid')}
    right = np.array([pair in cut for pair in zip(pairs.pid, pairs.other)])
    print(f'  one person under two ids: {len(cut)} pairs, {right[:10].sum()} among the first 10, {right[:len(cut)].sum()} among the first {len(cut)}, '
          f'average precision {average_precision_score(right, pairs.score):.3f}')
    said = pairs.score >= sure_score(table.pid.nunique())
    print(f'  told: {said.sum()}, precision {right[said].mean():.2f}, recall {right[said].sum()/len(cut):.2f}')

def precision_at(hidden, score, recall=0.6):
    "Highest precision at this recall or more."
    precision, reached, _ = precision_recall_curve(hidden, score)
    return precision[reached >= recall].max()

def compare(table, features, loss):
    "Average precision, and precision at a recall of 0.6, of both scores against the truth, and of their difference; AUROC."
    score = likeness_score(features, table.pid, loss, views_of(table))
    score = np.where(np.isnan(score), np.nanmin(score), score)
    for limit in (0.15, HALF):
        hidden = (table.visible < limit).to_numpy()
        at = [a for a in drawn(table.pid) if hidden[a].any()]
        for what, of in dict(AP=average_precision_score, precision=precision_at).items():
            both = {name: [of(hidden[a], s[a]) for a in at] for name, s in dict(loss=loss, likeness=score).items()}
            tell(f'below {limit:.0%} visible, {what}, loss', of(hidden, loss), both['loss'])
            tell(f'below {limit:.0%} visible, {what}, likeness', of(hidden, score), both['likeness'])
            gain = of(hidden, score) - of(hidden, loss)
            tell(f'below {limit:.0%} visible, {what}, gain', gain, np.subtract(both['likeness'], both['loss']))
    for limit in (0.15, 0.3):
        for name, s in dict(loss=loss, likeness=score).items():
            found = [auroc(s[a], table.iloc[a], hidden=limit) for a in drawn(table.pid)]
            tell(f'below {limit:.0%} visible against clear, AUROC, {name}', auroc(s, table, hidden=limit), found)

def both_scores(table, root, recipe, name, out):
    "Features and mean loss of one training; tells what both scores know."
    features, loss = one_training(ReIDData(root, table, name), recipe, out/name)
    print(f'{name}: {len(table):,} images')
    compare(table, features, loss)
    return features, loss

def pasted(data, name, out, epochs):
    "Both scores on people pasted."
    table, seed = half_of(data, name)
    root = out/f'{name}-images'
    table = load_table(root/'truth.csv') if root.is_dir() else occlude(table, data.root, root, seed=seed)
    recipe = load_recipe('small').set(**{'train.epochs': epochs, 'seed': 42 + seed})
    features, loss = both_scores(table, root, recipe, name, out)
    promises(table, features, loss)

def synthetic(name, out):
    "Both scores on synthetic players, and what a run drops of them."
    folder = out/f'{name}-data'
    folder.mkdir(parents=True, exist_ok=True)
    seed = int(name.rsplit('-', 1)[1])
    if not (folder/'players.zip').exists(): make_dataset(folder/'players.zip', **dict(EMBEDDED, seed=seed))
    data = read_dataset(folder/'players.zip', folder)
    table, recipe = train_part(data), load_recipe('tiny')
    features, loss = both_scores(table, data.root, recipe, name, out)
    history = read_training_losses(out/name, training_rows(ReIDData(data.root, table, name)), recipe)
    noise = recipe.noise
    mined = mine(history, table, noise, features=features)
    dropped = table.visible[decide(mined, noise.repeats, None, noise.drop, noise.spare).decision == 'drop']
    print(f'  dropped: {len(dropped)}, of which {(dropped < 0.15).mean():.2f} below 15 % visible, {(dropped < HALF).mean():.2f} below half')
    promises(table, features, loss)

def promises(table, features, loss, tries=300):
    "How often forty looks promise something, and how often that is broken."
    right = (table.visible < HALF).to_numpy()
    for name, score in dict(likeness=likeness_score(features, table.pid, loss, views_of(table)), loss=loss).items():
        for certainty in (0.5, 0.6, 0.8):
            shares = []
            for seed in range(tries):
                looks = draw_looks(score, seed=seed)
                sure = sure_threshold(score, looks, right[looks], certainty)
                if sure.dropped: shares.append(right[np.nan_to_num(score, nan=-np.inf) >= sure.threshold].mean())
            broken = np.sum(np.array(shares) < certainty)/tries
            print(f'  {name}, {certainty:.1f} asked: something dropped in {len(shares)/tries:.0%} of the drawings, '
                  f'rightly {np.mean(shares) if shares else np.nan:.2f}, promise broken {broken:.1%}')

def with_planted(table, root, out, seed=0):
    "The table with pasted copies, whose visible part is `planted`, and the root of all files."
    images, both = out/'images', out/'root'
    blind = table.drop(columns='visible')
    if images.is_dir(): copies = load_table(images/'truth.csv')
    else: copies = occlude(blind, root, images, PLANTED, seed)
    copies = copies[copies.occluder != '']
    copies = copies.assign(file='planted/' + copies.file, planted=copies.visible, visible=np.nan)
    shutil.rmtree(both, ignore_errors=True)
    both.mkdir()
    (both/'planted').symlink_to(images.resolve())
    for child in Path(root).iterdir(): (both/child.name).symlink_to(child.resolve())
    return pd.concat([table.assign(planted=np.nan), copies], ignore_index=True), both

def least_ratio(score, planted, error=0.1):
    "Share of images like the planted ones (Garg 2021)."
    slack = [np.sqrt(np.log(4/error)/2/len(s)) for s in (score, planted)]
    at = np.sort(planted)[::-1]
    above = np.array([[(s >= cut).mean() for s in (score, planted)] for cut in at])
    best = ((above[:, 0] + slack[0])/np.maximum(above[:, 1] - slack[1], 1e-9)).argmin()
    return above[best, 0]/above[best, 1]

def players(table, root, recipe, name, out):
    "Scores, and what is promised for the most suspicious without looking, against the truth."
    folder = out/f'planted-{name}'
    folder.mkdir(parents=True, exist_ok=True)
    table, root = with_planted(table, root, folder)
    features, loss = one_training(ReIDData(root, table, name), recipe, folder/'model')
    score, real = likeness_score(features, table.pid, loss, views_of(table)), table.planted.isna().to_numpy()
    print(f'{name}: {real.sum():,} images and {(~real).sum()} copies')
    compare(table[real].reset_index(drop=True), features[real], loss[real])
    own, copies = score[real], score[(table.planted < HALF).to_numpy()]
    hidden, own = (table.visible[real] < HALF).to_numpy()[~np.isnan(own)], own[~np.isnan(own)]
    copies = copies[~np.isnan(copies)]
    share = least_ratio(own, copies)
    fits = {n: GaussianMixture(n, random_state=0, n_init=3).fit(own[:, None]) for n in (2, 3)}
    for dropped in (0.01, 0.02, 0.05, 0.12):
        cut = np.quantile(own, 1 - dropped)
        above = own >= cut
        told = {'pasted copies': min(1, share*(copies >= cut).mean()/above.mean())}
        for n, fit in fits.items(): told[f'mixture of {n}'] = fit.predict_proba(own[above][:, None])[:, fit.means_.argmax()].mean()
        print(f'  {dropped:.0%} dropped: truth {hidden[above].mean():.2f}; ' + ', '.join(f'{k} {v:.2f}' for k, v in told.items()))

def real_players(data):
    "The training images with the visible part of each, and their root."
    truth = pd.read_csv(next(Path(data.root).rglob('truth.csv')))
    table = train_part(data)
    table['visible'] = table.file.map(dict(zip(truth.file, truth.visible_box_fraction)))
    return table, data.root

@call_parse
def main(
    out:str,       # Folder for everything that is made
    cuhk:str='',   # Challenge zip of CUHK03
    snmot:str='',  # Zip of SNMOT-116
    what:str='labels-even labels-odd pasted-even pasted-odd players-1 players-2 embedded snmot snmot-alone', # Which of them
    threads:int=1, # Of torch
    epochs:int=16, # Of the trainings on CUHK03
):
    torch.set_num_threads(threads)
    out = Path(out)
    for name in what.split():
        if name.startswith('labels'): labels(read_dataset(cuhk, out/'data'), name, out, epochs)
        elif name.startswith('pasted'): pasted(read_dataset(cuhk, out/'data'), name, out, epochs)
        elif name.startswith('players-'): synthetic(name, out)
        elif name == 'embedded':
            data = demo_data()
            recipe = load_run_recipe(demo_run()).set(**{'train.checkpoint': 'last'})
            players(train_part(data), data.root, recipe, name, out)
        elif name.startswith('snmot'):
            table, root = real_players(read_dataset(snmot, out/'data'))
            recipe = load_recipe('small').set(**{'train.epochs': 20})
            if name == 'snmot': players(table, root, recipe, name, out)
            else: promises(table, *both_scores(table, root, recipe, name, out))
