"""Time and memory of k-reciprocal re-ranking, each run in a process of its own, methods alternated, medians.

    python nbs/benchmarks/rerank.py [--queries 468 --gallery 8703 --dims 2048 --runs 3 --threads 1]

`library` is reid_nb.rerank.k_reciprocal. `dense` is the same algorithm on full float32 matrices in NumPy, as
published implementations have it. `search` is the neighbour search alone (product of all pairs and its nearest k), which
no exact method goes below without using symmetry. Memory is the peak above the process with its features made.
"""
import argparse, json, os, resource, statistics, subprocess, sys, tempfile, time
from pathlib import Path

METHODS = 'library', 'dense', 'search'


def features(n_q, n_g, d, per_id=20, seed=0):
    "Unit-length float32 features of persons with about `per_id` gallery images each."
    import numpy as np
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, n_g // per_id), d), dtype=np.float32)
    def look(n):
        x = rng.standard_normal((n, d), dtype=np.float32)
        x *= 1.5
        for i, c in enumerate(rng.integers(0, len(centres), n)):
            x[i] += centres[c]
            x[i] /= np.linalg.norm(x[i])
        return x
    return look(n_q), look(n_g)


def search(q, g, k=21, size=512):
    "Only the k nearest of all rows, unsorted, in blocks."
    import numpy as np
    x = np.concatenate([q, g])
    norms = np.einsum('nd,nd->n', x, x)
    return np.concatenate([np.argpartition((-2 * x[s:s+size]) @ x.T + norms, k - 1, axis=1)[:, :k].copy()
                           for s in range(0, len(x), size)])


def dense(q, g, k1=20, k2=6, lambda_=0.3):
    "Zhong et al. 2017 on full float32 matrices."
    import numpy as np
    x, n_q = np.concatenate([q, g]), len(q)
    norms = np.einsum('nd,nd->n', x, x)
    d = x @ x.T
    d *= -2; d += norms; d += norms[:, None]
    np.fill_diagonal(d, 0); np.maximum(d, 0, out=d)
    d /= d.max(1, keepdims=True)
    top = max(k1 + 1, k2)
    order = np.argpartition(d, range(1, top), axis=1)[:, :top]
    def mutual(i, k):
        near = order[i, :k + 1]
        return near[(order[near, :k + 1] == i).any(1)]
    v, half = np.zeros_like(d), [mutual(i, int(np.around(k1 / 2))) for i in range(len(x))]
    for i in range(len(x)):
        wide = mutual(i, k1)
        more = [half[c] for c in wide if 3 * len(np.intersect1d(half[c], wide)) > 2 * len(half[c])]
        members = np.unique(np.concatenate([wide, *more]))
        weight = np.exp(-d[i, members])
        v[i, members] = weight / weight.sum()
    d = d[:n_q, n_q:].copy()
    if k2 != 1: v = np.stack([v[order[i, :k2]].mean(0) for i in range(len(x))])
    holders = [np.flatnonzero(v[n_q:, j]) for j in range(len(x))]
    for i in range(n_q):
        least = np.zeros(len(g), np.float32)
        for j in np.flatnonzero(v[i]): least[holders[j]] += np.minimum(v[i, j], v[n_q + holders[j], j])
        d[i] = (1 - least / (2 - least)) * (1 - lambda_) + d[i] * lambda_
    return d


def peak():
    "Largest memory of this process so far, in MB."
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == 'darwin' else 2**10)


def child(a):
    import numpy as np
    from reid_nb.rerank import k_reciprocal
    run = dict(library=k_reciprocal, dense=dense, search=search)[a.child]
    q, g = features(a.queries, a.gallery, a.dims)
    run(q[:40], g[:60])  # loads and sets up what the first call needs
    before, start = peak(), time.perf_counter()
    out = run(q, g)
    print(json.dumps(dict(seconds=time.perf_counter() - start, mb=peak() - before)))
    if a.save: np.save(a.save, out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in dict(queries=468, gallery=8703, dims=2048, runs=3, threads=1).items():
        p.add_argument(f'--{name}', type=int, default=value)
    p.add_argument('--child', choices=METHODS, help=argparse.SUPPRESS)
    p.add_argument('--save', help=argparse.SUPPRESS)
    a = p.parse_args()
    if a.child: return child(a)
    env = dict(os.environ, PYTHONPATH=str(Path(__file__).resolve().parents[2]))
    for name in 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS': env[name] = str(a.threads)
    results = {m: [] for m in METHODS}
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(a.runs):
            for m in METHODS:
                sizes = [f'--{n}={getattr(a, n)}' for n in ('queries', 'gallery', 'dims')]
                out = subprocess.run([sys.executable, __file__, *sizes, '--child', m, '--save', f'{folder}/{m}.npy'],
                                     env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
                results[m].append(json.loads(out))
        import numpy as np
        gap = abs(np.load(f'{folder}/library.npy') - np.load(f'{folder}/dense.npy'))
    print(f'{a.queries} x {a.gallery}, {a.dims} dimensions, {a.threads} thread(s), medians of {a.runs}')
    print(f'{"method":10}{"seconds":>10}{"MB above the features":>25}')
    for m, runs in results.items():
        seconds, mb = (statistics.median(r[key] for r in runs) for key in ('seconds', 'mb'))
        print(f'{m:10}{seconds:10.2f}{mb:25.0f}')
    print(f'library and dense differ by {gap.max():.1e} at the most, {gap.mean():.1e} in the mean')


if __name__ == '__main__': main()
