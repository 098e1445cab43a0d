#!/usr/bin/env python3
"""What pgassay advises for TPC-H at each storage budget, beside the best of the tools in README.md.

usage: tpch.py [--budgets 10,25,50,100,200] [--scale 1] [--program target/release/pgassay] [--judge hypopg] [--real] [--built] [-- ARGUMENTS of advise]

Loads the data once (target/bench, kept). The workload is that of workloads/tpch.json: each query once, with its
literals, and its planner cost for its time, because the table that it is compared with is made of costs.

Like for like with the table in README.md, HypoPG says how large an index is and what a query costs (evaluate.py), so it
is also the judge, and a budget is a share of the heap in HypoPG's sizes (examples/advise_sized.rs). Those are two to four
times what is really built, by `sizes.py`. With --real the program itself advises, in the sizes that it knows are right:
its relative cost cannot be compared with the table. --judge takes a directory of binaries for a lab. With --built the
cost is also that of really built indexes. Prints the number of questions put to a planner, and the time to the advice.
"""
import argparse, gzip, json, os, subprocess, sys, time

import common

LOWEST = {10: 92.8, 25: 79.5, 50: 64.2, 100: 52.7, 200: 47.3}
EXTEND_CALLS = 5900
KEYS = {
    'region': 'r_regionkey', 'nation': 'n_nationkey', 'supplier': 's_suppkey', 'customer': 'c_custkey', 'part': 'p_partkey',
    'partsupp': 'ps_partkey,ps_suppkey', 'orders': 'o_orderkey', 'lineitem': 'l_orderkey,l_linenumber'}


def url(db):
    return f'postgres:///{db}?host={common.HOST.replace("/", "%2F")}&port={common.PORT}&user={common.USER}'


def loaded(db, scale):
    admin = common.connect('postgres')
    if not admin.execute('select 1 from pg_database where datname = %s', (db,)).fetchone():
        common.load_duck(db, 'tpch', scale, KEYS)
    connection = common.connect(db)
    common.extensions(connection)
    return connection


def entry(query_id, text, cost, rows, blocks, template):
    """An entry of pg_stat_statements, every column that this version of the snapshot has: ten calls, once is no habit."""
    def nothing(value):
        return False if isinstance(value, bool) else 0 if isinstance(value, (int, float)) else None
    zero = {name: nothing(value) for name, value in template.items()}
    return dict(zero, queryid=query_id, user='postgres', toplevel=True, text=text, calls=10, rows=10 * rows, shared_blks_hit=10 * blocks, total_exec_time=10 * cost,
                min_exec_time=cost, max_exec_time=cost, mean_exec_time=cost)


def snapshot(program, db, connection, items, path):
    subprocess.run([program, 'snapshot', url(db), '--values', 'keep', '-o', path], check=True, stderr=subprocess.DEVNULL)
    with open(path) as file:
        data = json.load(file)
    template = data['statements']['entries'][0]
    explainer = common.Explainer(connection)
    plans = [(item, explainer.plan(item['sql'])) for item in items]
    # as many blocks as there are: without indexes every query reads its tables whole
    blocks = common.heap_bytes(connection) // 8192
    data['statements']['entries'] = [
        entry(number, item['sql'], plan['Total Cost'], plan['Plan Rows'], blocks, template) for number, (item, plan) in enumerate(plans, 1)]
    data['statements']['state'] = 'read'
    # nothing was written since the data was loaded
    for table in data['tables']:
        for counter in ('n_tup_ins', 'n_tup_upd', 'n_tup_del', 'n_tup_hot_upd'):
            table[counter] = 0
    with open(path, 'w') as file:
        json.dump(data, file)


def advise(program, path, budget, more):
    start = time.time()
    command = [program, 'advise', path, '--budget', f'{budget}%', '--format', 'json', *more]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode > 1:
        sys.exit(done.stderr)
    return json.loads(done.stdout), time.time() - start


def advise_sized(example, path, db, judge, budgets):
    """The advice for each budget in bytes by HypoPG, one after the other."""
    command = [example, path, url(db), judge, *map(str, budgets)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in running.stdout:
        report = json.loads(line)
        yield report['indexes'], report['questions'], report['seconds']
    if running.wait():
        sys.exit(f'{example} failed')


def advise_real(program, path, budgets, more):
    """The advice for each budget in percent, by the program as it is."""
    for budget in budgets:
        report, seconds = advise(program, path, budget, more)
        yield [index['ddl'] for index in report['indexes'] if index['action'] == 'create'], (report.get('what_if') or {}).get('calls'), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--budgets', default='10,25,50,100,200')
    parser.add_argument('--scale', type=float, default=1)
    parser.add_argument('--program', default='target/release/pgassay')
    parser.add_argument('--example', default='target/release/examples/advise_sized')
    parser.add_argument('--judge', default='hypopg')
    parser.add_argument('--real', action='store_true')
    parser.add_argument('--built', action='store_true')
    parser.add_argument('--show', action='store_true')
    parser.add_argument('more', nargs='*')
    arguments = parser.parse_args()
    db = 'tpch' if arguments.scale == 1 else f'tpch_{str(arguments.scale).replace(".", "_")}'
    connection = loaded(db, arguments.scale)
    items = common.load_workload('tpch')
    path = os.path.join(common.HOST, f'{db}-snapshot.json')
    snapshot(arguments.program, db, connection, items, path)
    heap = common.heap_bytes(connection)
    base = common.whatif(connection, items, [])
    print('with no guards: every figure of the planner is believed' if os.environ.get('ADVISE_CAUTION') == 'none' and not arguments.real
          else 'with the guards of the program')
    print(f'{"budget":>7} {"relative":>9} {"built":>7} {"lowest":>7} {"size %":>7} {"by HypoPG":>9} {"indexes":>8} {"questions":>10} {"seconds":>8}')
    met, before = True, float('inf')
    budgets = [int(one) for one in arguments.budgets.split(',')]
    if arguments.real:
        advised = advise_real(arguments.program, path, budgets, arguments.more)
    else:
        advised = advise_sized(arguments.example, path, db, arguments.judge, [heap * budget // 100 for budget in budgets])
    for budget, (ddls, questions, seconds) in zip(budgets, advised):
        scored = common.whatif(connection, items, ddls)
        relative = 100 * scored['total'] / base['total']
        cost, size = built(connection, items, ddls) if arguments.built else (float('nan'), float('nan'))
        really, size = 100 * cost / base['total'], 100 * size / heap
        lowest = float('nan') if arguments.real else LOWEST.get(budget, float('nan'))
        print(f'{budget:>6}% {relative:>9.2f} {really:>7.1f} {lowest:>7} {size:>7.1f} {100 * scored["size"] / heap:>9.1f} {len(ddls):>8} {questions!s:>10} {seconds:>8.1f}  load {os.getloadavg()[0]:.1f}', flush=True)
        for ddl in ddls if arguments.show else []:
            print('        ', ddl)
        for ddl, why in scored['unsupported']:
            print('         HypoPG cannot score', ddl, why)
        met &= not relative > lowest and not relative > before * 1.0001
        met &= arguments.real or 100 * scored['size'] / heap <= budget * 1.0001
        met &= questions is None or questions <= EXTEND_CALLS / 10
        before = relative if budgets == sorted(budgets) else before
    sys.exit(0 if met or arguments.scale != 1 else 1)


def built(connection, items, ddls):
    """Cost with, and bytes of, the really built indexes; gone afterwards."""
    with connection.transaction(force_rollback=True):
        before = connection.execute("select sum(pg_indexes_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace").fetchone()[0]
        for ddl in ddls:
            connection.execute(common.strip_name(ddl).encode())
        after = connection.execute("select sum(pg_indexes_size(oid)) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace").fetchone()[0]
        explainer = common.Explainer(connection)
        return sum(explainer.cost(item) * item['weight'] for item in items), int(after - before)


if __name__ == '__main__':
    main()
