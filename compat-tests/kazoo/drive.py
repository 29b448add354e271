"""kazoo's recipes and its handling of connections while servers die under it.

Arguments: connect string. Prints "ok NAME" or "FAILED NAME: why" for each check, and exits with 1 when one failed. Prints "kill PORT"
where it wants the server on that port killed with -9 and started again, and reads one line when that has been done.
"""
import os
import queue
import subprocess
import sys
import threading
import time
import traceback

from kazoo.client import KazooClient
from kazoo.exceptions import BadVersionError, NoAuthError, NodeExistsError, NoNodeError, RolledBackError, RuntimeInconsistency
from kazoo.protocol.states import KazooState
from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.recipe.watchers import ChildrenWatch, DataWatch
from kazoo.retry import KazooRetry
from kazoo.security import make_digest_acl

SERVERS = sys.argv[1]
WAIT = 30
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


# Its delay between tries doubles up to a minute unless told otherwise: a session would end while its client sleeps.
EAGER = {"max_tries": -1, "max_delay": 0.5}
# Three seconds before each try.
PATIENT = {"max_tries": -1, "delay": 3.0, "max_delay": 3.0, "backoff": 1, "max_jitter": 0.0}


def client(servers=SERVERS, root="/drive", timeout=8, connection_retry=EAGER, **options):
    made = KazooClient(servers + root, timeout=timeout, connection_retry=connection_retry, **options)
    made.start(WAIT)
    return made


def kill_server_of(zk):
    """Kills the server that the client talks to, and waits until it is started again."""
    with LOCK:
        print("kill %d" % zk._connection._socket.getpeername()[1], flush=True)
        sys.stdin.readline()


def catch_up(*clients):
    """A member answers reads from what it has applied: what another client wrote is there for sure once a sync came back."""
    for zk in clients:
        zk.retry(zk.sync, "/")


def until(what, probe):
    end = time.monotonic() + WAIT
    while not probe():
        assert time.monotonic() < end, "waited for " + what
        time.sleep(0.02)


class States:
    """The states that a client goes through, as its listeners hear of them."""

    def __init__(self, zk):
        self.heard = queue.Queue()
        zk.add_listener(self.heard.put)

    def expect(self, *states):
        heard = [self.heard.get(timeout=WAIT) for _ in states]
        assert heard == list(states), heard


LOCK = threading.Lock()


@check
def words():
    zk = client()
    assert zk.command(b"ruok") == "imok"
    assert zk.command(b"isro") == "rw"
    assert zk.command(b"srvr").startswith("Zookeeper version: 3.9.5-")
    zk.stop()


@check
def read_only_client_on_servers_that_write():
    zk = client(read_only=True)
    assert zk.state == KazooState.CONNECTED
    zk.create("/written")
    assert zk.client_state == "CONNECTED", zk.client_state
    zk.stop()


@check
def suspended_then_connected_in_the_same_session():
    zk = client()
    states = States(zk)
    zk.create("/mine", b"held", ephemeral=True)
    before = zk.client_id
    kill_server_of(zk)
    states.expect(KazooState.SUSPENDED, KazooState.CONNECTED)
    assert zk.client_id == before
    data, stat = zk.retry(zk.get, "/mine")
    assert data == b"held" and stat.ephemeralOwner == before[0]
    zk.stop()
    states.expect(KazooState.LOST)
    other = client()
    catch_up(other)
    assert other.exists("/mine") is None
    other.stop()


@check
def lost_when_the_session_was_closed_elsewhere():
    # One server and a pause: it must not be back, and take the session with it, before the other one has closed it.
    zk = client(SERVERS.split(",")[0], connection_retry=PATIENT)
    states = States(zk)
    zk.create("/gone", ephemeral=True)
    before = zk.client_id
    thief = client(client_id=before)
    assert thief.client_id == before
    thief.stop()
    states.expect(KazooState.SUSPENDED, KazooState.LOST, KazooState.CONNECTED)
    assert zk.client_id[0] != before[0]
    assert zk.retry(zk.exists, "/gone") is None
    zk.stop()


@check
def a_wrong_password_gets_a_new_session():
    zk = client()
    zk.create("/kept", ephemeral=True)
    session, password = zk.client_id
    liar = client(client_id=(session, bytes(16)))
    assert liar.client_id[0] != session
    liar.stop()
    assert zk.retry(zk.exists, "/kept") is not None
    zk.stop()


@check
def lock_of_a_process_that_was_killed():
    holder = subprocess.Popen([sys.executable, __file__, SERVERS, "hold"], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    zk = client()
    lock = zk.Lock("/lock-of-the-dead", "heir")
    assert not lock.acquire(blocking=False)
    holder.kill()
    holder.wait()
    started = time.monotonic()
    assert lock.acquire(timeout=WAIT)
    assert time.monotonic() - started > 1, "before the session's time was over"
    assert lock.contenders() == ["heir"]
    lock.release()
    zk.stop()


@check
def lock_held_while_a_server_dies():
    first, second = client(), client()
    held = first.Lock("/lock", "first")
    assert held.acquire(timeout=WAIT)
    order = []
    waiter = threading.Thread(target=lambda: second.Lock("/lock", "second").acquire(timeout=WAIT) and order.append("second"))
    waiter.start()
    until("two contenders", lambda: len(first.Lock("/lock").contenders()) == 2)
    session = first.client_id[0]
    kill_server_of(first)
    first.retry(first.exists, "/")
    assert first.client_id[0] == session, "the holder's session is another"
    assert order == [], "the lock was taken from its holder"
    order.append("released")
    first.retry(held.release)
    waiter.join(WAIT)
    assert order == ["released", "second"], order
    first.stop()
    second.stop()


@check
def readers_writers_and_semaphores():
    zk, other = client(), client()
    one, two, writer = zk.ReadLock("/rw", "one"), other.ReadLock("/rw", "two"), other.WriteLock("/rw", "writer")
    assert one.acquire(timeout=WAIT) and two.acquire(timeout=WAIT)
    assert not writer.acquire(blocking=False)
    one.release()
    two.release()
    assert writer.acquire(timeout=WAIT)
    assert not zk.ReadLock("/rw", "late").acquire(blocking=False)
    writer.release()
    leases = [each.Semaphore("/semaphore", "lease", max_leases=2) for each in (zk, other, zk)]
    assert leases[0].acquire(timeout=WAIT) and leases[1].acquire(timeout=WAIT)
    assert not leases[2].acquire(blocking=False)
    leases[0].release()
    assert leases[2].acquire(timeout=WAIT)
    zk.stop()
    other.stop()


@check
def watches_outlive_a_server():
    zk, writer = client(), client()
    writer.create("/watched", b"0")
    catch_up(zk)
    seen, children = queue.Queue(), queue.Queue()
    DataWatch(zk, "/watched", lambda data, stat: seen.put(data))
    ChildrenWatch(zk, "/watched", lambda names: children.put(sorted(names)))
    assert seen.get(timeout=WAIT) == b"0" and children.get(timeout=WAIT) == []
    writer.set("/watched", b"1")
    assert seen.get(timeout=WAIT) == b"1"
    kill_server_of(zk)
    writer.retry(writer.set, "/watched", b"2")
    writer.retry(writer.create, "/watched/child")
    until("the new data", lambda: seen.get(timeout=WAIT) == b"2")
    until("the new child", lambda: children.get(timeout=WAIT) == ["child"])
    writer.retry(writer.delete, "/watched/child")
    until("no child", lambda: children.get(timeout=WAIT) == [])
    zk.stop()
    writer.stop()


@check
def tree_cache_outlives_a_server():
    zk, writer = client(), client()
    writer.ensure_path("/cached/a")
    catch_up(zk)
    cache = TreeCache(zk, "/cached")
    ready = threading.Event()
    cache.listen(lambda event: ready.set() if event.event_type == TreeEvent.INITIALIZED else None)
    cache.start()
    assert ready.wait(WAIT)
    assert cache.get_children("/cached") == frozenset(["a"])
    kill_server_of(zk)
    writer.retry(writer.create, "/cached/b", b"late")
    until("the new node in the cache", lambda: cache.get_data("/cached/b") is not None)
    assert cache.get_data("/cached/b").data == b"late"
    cache.close()
    zk.stop()
    writer.stop()


@check
def credentials_go_with_the_session():
    zk, stranger = client(auth_data=[("digest", "ann:secret")]), client()
    zk.create("/closed", b"secret", acl=[make_digest_acl("ann", "secret", all=True)])
    kill_server_of(zk)
    assert zk.retry(zk.get, "/closed")[0] == b"secret"
    catch_up(stranger)
    try:
        stranger.retry(stranger.get, "/closed")
        raise AssertionError("a stranger read it")
    except NoAuthError:
        pass
    assert zk.get_acls("/closed")[0][0].id.id.startswith("ann:")
    zk.stop()
    stranger.stop()


@check
def counter_while_a_server_dies():
    zk, other = client(), client()
    counters = [zk.Counter("/counter"), other.Counter("/counter")]
    counters[0] += 1
    added = [0, 0]

    def add(i):
        retry = KazooRetry(max_tries=-1, max_delay=0.2)
        for _ in range(60):
            retry(counters[i]._change, 1)
            added[i] += 1

    threads = [threading.Thread(target=add, args=(i,)) for i in range(2)]
    for thread in threads:
        thread.start()
    kill_server_of(zk)
    for thread in threads:
        thread.join(WAIT)
    catch_up(zk)
    value = zk.retry(zk.get, "/counter")[0]
    # A change whose answer was lost may have been made twice, never not at all.
    assert added == [60, 60] and 121 <= int(value) <= 125, (added, value)
    zk.stop()
    other.stop()


@check
def queues_while_a_server_dies():
    zk = client()
    names = [b"%03d" % n for n in range(60)]
    plain, locking = zk.Queue("/queue"), zk.LockingQueue("/locking")
    for name in names[:30]:
        plain.put(name)
        locking.put(name)
    kill_server_of(zk)
    zk.retry(zk.exists, "/")
    for name in names[30:]:
        plain.put(name)
    locking.put_all(names[30:])
    assert [plain.get() for _ in names] == names
    got = []
    for _ in names:
        got.append(locking.get(timeout=WAIT))
        assert locking.consume()
    assert got == names
    assert len(plain) == 0 and len(locking) == 0
    zk.stop()


@check
def parties_elections_and_barriers():
    one, two = client(), client()
    for party in (one.Party("/party", "one"), two.Party("/party", "two"), two.ShallowParty("/shallow", "two")):
        party.join()
    catch_up(one)
    assert sorted(one.Party("/party")) == ["one", "two"] and list(one.ShallowParty("/shallow")) == ["two"]
    kill_server_of(one)
    assert sorted(one.retry(lambda: list(one.Party("/party")))) == ["one", "two"]
    led = []
    elections = [threading.Thread(target=zk.Election("/election", name).run, args=(led.append, name)) for zk, name in ((one, "one"), (two, "two"))]
    for thread in elections:
        thread.start()
    for thread in elections:
        thread.join(WAIT)
    assert sorted(led) == ["one", "two"]
    barrier = one.Barrier("/barrier")
    barrier.create()
    catch_up(two)
    assert not two.Barrier("/barrier").wait(0.1)
    barrier.remove()
    assert two.Barrier("/barrier").wait(WAIT)
    through = []

    def pass_through(zk, name):
        double = zk.DoubleBarrier("/double", 2, name)
        double.enter()
        through.append(name)
        double.leave()

    both = [threading.Thread(target=pass_through, args=(zk, name)) for zk, name in ((one, "one"), (two, "two"))]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(WAIT)
    assert sorted(through) == ["one", "two"]
    one.stop()
    two.stop()
    third = client()
    catch_up(third)
    assert len(third.Party("/party")) == 0
    third.stop()


@check
def a_partitioned_set():
    one, two = client(), client()
    shares = [zk.SetPartitioner("/set", set(range(6)), identifier=name, time_boundary=0.2) for zk, name in ((one, "one"), (two, "two"))]
    threads = [threading.Thread(target=share.wait_for_acquire, args=(WAIT,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT)
    until("one of the two to see the other", lambda: all(turn(share) for share in shares))
    assert sorted(list(shares[0]) + list(shares[1])) == list(range(6))
    shares[0].finish()
    until("the other to have all", lambda: turn(shares[1]) and sorted(shares[1]) == list(range(6)))
    one.stop()
    two.stop()


def turn(share):
    if share.release:
        share.release_set()
    elif share.allocating:
        share.wait_for_acquire(1)
    return share.acquired and len(list(share)) in (3, 6) and not share.release


@check
def transactions():
    zk = client()
    zk.create("/checked", b"0")
    good = zk.transaction()
    good.check("/checked", 0)
    good.create("/made", b"x")
    good.create("/made-", sequence=True)
    good.set_data("/checked", b"1")
    good.delete("/made")
    results = good.commit()
    assert results[0] is True and results[1] == "/made" and results[2].startswith("/made-0") and results[3].version == 1
    bad = zk.transaction()
    bad.create("/never")
    bad.check("/checked", 0)
    bad.create("/checked")
    kinds = [type(result) for result in bad.commit()]
    assert kinds == [RolledBackError, BadVersionError, RuntimeInconsistency], kinds
    assert zk.exists("/never") is None
    zk.stop()


@check
def retries_while_a_server_dies():
    zk = client()
    done = []

    def write():
        retry = KazooRetry(max_tries=-1, max_delay=0.2)
        for n in range(200):
            try:
                retry(zk.create, "/retried-%d" % n)
            except NodeExistsError:
                pass
            done.append(n)

    writer = threading.Thread(target=write)
    writer.start()
    until("some writes", lambda: len(done) > 20)
    kill_server_of(zk)
    writer.join(WAIT)
    assert len(done) == 200
    names = zk.retry(zk.get_children, "/")
    assert [n for n in done if "retried-%d" % n not in names] == []
    zk.stop()


@check
def chroots():
    bare = client()
    bare.ensure_path("/deep/root")
    zk = client(root="/drive/deep/root")
    assert zk.create("/a/b", b"x", makepath=True) == "/a/b"
    catch_up(bare)
    assert bare.get("/deep/root/a/b")[0] == b"x"
    assert zk.create("/a/s-", sequence=True).startswith("/a/s-00000")
    events = queue.Queue()
    zk.get_children("/a", watch=events.put)
    bare.create("/deep/root/a/c")
    assert events.get(timeout=WAIT).path == "/a"
    both = zk.transaction()
    both.create("/a/t")
    both.create("/a/t/u-", sequence=True)
    assert both.commit() == ["/a/t", "/a/t/u-0000000000"]
    try:
        zk.get("/deep")
        raise AssertionError("outside the root")
    except NoNodeError:
        pass
    zk.stop()
    bare.stop()


def hold():
    zk = client(timeout=2)
    zk.Lock("/lock-of-the-dead", "dead").acquire()
    print("held", flush=True)
    time.sleep(600)


def main():
    start = client(root="")
    start.ensure_path("/drive")
    start.stop()
    failed = False
    for function in CHECKS:
        try:
            function()
            print("ok " + function.__name__, flush=True)
        except BaseException as error:
            failed = True
            at = traceback.extract_tb(error.__traceback__)[-1]
            why = "%s %s at %s:%d" % (type(error).__name__, error, os.path.basename(at.filename), at.lineno)
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
            print("FAILED %s: %s from line %s" % (function.__name__, why.replace("\n", " "), lines[-1]), flush=True)
    sys.stdout.flush()
    os._exit(1 if failed else 0)


hold() if sys.argv[2:] == ["hold"] else main()
