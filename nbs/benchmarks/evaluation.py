"""Time and memory of evaluation (mAP and CMC), each run in a process of its own, methods alternated, medians.

    python nbs/benchmarks/evaluation.py [--queries 468 --gallery 8703 --runs 3] [--noise 1 2]
                                        [--methods library cython ...] [--cython FOLDER] [--oml FOLDER]
    python nbs/benchmarks/evaluation.py --methods chunks --queries 1000 --gallery 1000000 --dims 64

  library   reid_nb.metrics.evaluate
  chunks    reid_nb.metrics.evaluate_chunks from features, whose matrix of distances is never there
  python    the loop that torchreid and fast-reid have without a compiler, written anew
  cython    torchreid's evaluate_cy; fast-reid's is the same. It needs a compiler: `python setup.py build_ext
            --inplace` in its metrics/rank_cylib, and that folder as --cython
  sklearn   average_precision_score, a query at a time; no CMC
  pml       pytorch-metric-learning's AccuracyCalculator (mean_average_precision and precision_at_1), from features; it has
            no camera filter, hence another score
  oml       open-metric-learning's calc_retrieval_metrics; --oml names a folder with it where it is not installed

The distances are float32, one thread. --noise: how hard the persons are to tell apart; for each value a table.
Memory is the peak above the process with its input made.
"""
import argparse, json, os, statistics, subprocess, sys, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from rerank import peak

METHODS = 'library', 'python', 'cython', 'sklearn', 'pml', 'oml'


def make(n_q, n_g, noise, dims=64, per_id=20, seed=0):
    "Features of length 1, ids and six cameras of both sides; no junk, which torchreid would count as wrong."
    import numpy as np
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((n_g // per_id, dims), dtype=np.float32)
    def look(n):
        pids = rng.integers(0, len(centers), n)
        x = centers[pids] + np.float32(noise) * rng.standard_normal((n, dims), dtype=np.float32)
        return x / np.linalg.norm(x, axis=1, keepdims=True), pids, rng.integers(0, 6, n)
    (q, *q_ids), (g, *g_ids) = look(n_q), look(n_g)
    return q, g, q_ids[0], g_ids[0], q_ids[1], g_ids[1]


def plain(dist, q_pids, g_pids, q_cams, g_cams, top=10):
    "Sort everything, then loop over the queries."
    import numpy as np
    order, aps, cmc = np.argsort(dist, axis=1), [], []
    for i in range(len(dist)):
        row = order[i]
        keep = ~((g_pids[row] == -1) | (g_pids[row] == q_pids[i]) & (g_cams[row] == q_cams[i]))
        hit = (g_pids[row] == q_pids[i])[keep].astype(np.int32)
        if not hit.any(): continue
        found = hit.cumsum()
        cmc.append(np.minimum(found, 1)[:top])
        aps.append((found / (np.arange(len(hit)) + 1) * hit).sum() / hit.sum())
    return np.mean(aps), np.mean(cmc, 0)[0]


def by_sklearn(dist, q_pids, g_pids, q_cams, g_cams):
    import numpy as np
    from sklearn.metrics import average_precision_score
    aps = []
    for row, pid, cam in zip(dist, q_pids, q_cams):
        keep = (g_pids != -1) & ~((g_pids == pid) & (g_cams == cam))
        if (g_pids[keep] == pid).any(): aps.append(average_precision_score(g_pids[keep] == pid, -row[keep]))
    return np.mean(aps), np.nan


def prepare(a, q, g, ids):
    "A function without arguments for the method, and what it returns as (mAP, rank-1)."
    import numpy as np, torch
    from reid_nb.metrics import cosine_chunks, evaluate, evaluate_chunks
    ours = lambda r: (r.mAP, r.cmc[1])
    if a.child == 'chunks': return lambda: ours(evaluate_chunks(cosine_chunks(q, g), *ids))
    if a.child == 'pml':
        from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
        calc = AccuracyCalculator(include=('mean_average_precision', 'precision_at_1'), device=torch.device('cpu'))
        known = ids[1] != -1
        args = [torch.from_numpy(x) for x in (q, ids[0], g[known], ids[1][known])]
        def run():
            r = calc.get_accuracy(*args)
            return r['mean_average_precision'], r['precision_at_1']
        return run
    dist = 1 - q @ g.T
    if a.child == 'library': return lambda: ours(evaluate(dist, *ids))
    if a.child == 'python': return lambda: plain(dist, *ids)
    if a.child == 'sklearn': return lambda: by_sklearn(dist, *ids)
    if a.child == 'cython':
        sys.path.insert(0, a.cython)
        from rank_cy import evaluate_cy
        def run():
            cmc, mAP = evaluate_cy(dist, *(x.astype(np.int64) for x in ids), 10)
            return mAP, cmc[0]
        return run
    if a.oml: sys.path.append(a.oml)
    from oml.functional.metrics import calc_retrieval_metrics
    junk = (ids[0][:, None] == ids[1]) & (ids[2][:, None] == ids[3])
    d, right = torch.from_numpy(np.where(junk, np.float32(9), dist)), (ids[0][:, None] == ids[1]) & ~junk
    n = d.shape[1]
    def run():
        found = d.argsort(1)
        r = calc_retrieval_metrics(list(found), [torch.from_numpy(row.nonzero()[0]) for row in right], map_top_k=(n,),
                                   cmc_top_k=(1,), precision_top_k=(), verbose=False)
        return float(r['map'][n]), float(r['cmc'][1])
    return run


def child(a):
    import torch
    torch.set_num_threads(1)
    few, all_ = make(50, 500, a.noise[0], a.dims), make(a.queries, a.gallery, a.noise[0], a.dims)
    prepare(a, *few[:2], few[2:])() # loads and sets up what the first call needs
    run = prepare(a, *all_[:2], all_[2:])
    before, start = peak(True), time.perf_counter()
    mAP, rank1 = run()
    seconds = time.perf_counter() - start
    print(json.dumps(dict(seconds=seconds, mb=peak() - before, mAP=float(mAP), rank1=float(rank1))))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(queries=468, gallery=8703, dims=64, runs=3).items():
        p.add_argument(f'--{name}', type=int, default=value)
    p.add_argument('--noise', nargs='+', type=float, default=[1., 2.])
    p.add_argument('--methods', nargs='+', choices=(*METHODS, 'chunks'), default=METHODS)
    p.add_argument('--cython', default='', help="folder of torchreid's compiled rank_cy")
    p.add_argument('--oml', default='', help='folder of open-metric-learning')
    p.add_argument('--child', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.child: return child(a)
    env = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[2]), PYTHONWARNINGS='ignore')
    for name in 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS': env[name] = '1'
    same = [f'--{n}={getattr(a, n)}' for n in ('queries', 'gallery', 'dims', 'cython', 'oml')]
    for noise in a.noise:
        results, out = {m: [] for m in a.methods}, {}
        for _ in range(a.runs):
            for m in list(results):
                done = subprocess.run([sys.executable, __file__, *same, '--noise', str(noise), '--child', m], env=env,
                                      capture_output=True, text=True)
                if done.returncode:
                    said = done.stderr.strip().splitlines() or [f'exit code {done.returncode}']
                    print(f'{m} is left out: {said[-1]}')
                    del results[m]
                else: results[m].append(json.loads(done.stdout.splitlines()[-1]))
        print(f'{a.queries} x {a.gallery}, noise {noise:g}, one thread, medians of {a.runs}')
        print(f'{"method":10}{"seconds":>10}{"to library":>12}{"MB":>8}{"mAP":>9}{"rank-1":>9}')
        for m, runs in results.items():
            r = {key: statistics.median(x[key] for x in runs) for key in runs[0]}
            base = statistics.median(x['seconds'] for x in results['library']) if 'library' in results else r['seconds']
            print(f"{m:10}{r['seconds']:10.3f}{r['seconds'] / base:12.1f}{r['mb']:8.0f}"
                  f"{r['mAP']:9.4f}{r['rank1']:9.4f}")


if __name__ == '__main__': main()
