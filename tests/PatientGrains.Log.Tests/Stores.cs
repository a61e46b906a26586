using PatientGrains.Log.CrashChild;
using PatientGrains.TestServers;

namespace PatientGrains.Log.Tests;

/// <summary>A store under test with what it takes to open it again.</summary>
public abstract class Store : IAsyncDisposable
{
    public KeyRing Ring { get; } = KeyRing.Ephemeral();

    public abstract IPatientLog Log { get; }

    /// <summary>Closes and opens it again, as far as it survives that.</summary>
    public virtual Task Reopen() => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        Ring.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Every log that the conformance tests run on. A kind that is not installed is skipped (<see cref="StoreTheoryAttribute"/>).
    /// </summary>
    private static readonly Dictionary<string, StoreKind> All = new()
    {
        ["memory"] = new(() => null, () => Task.FromResult<Store>(new MemoryStore()), Cases: 400),
        ["sqlite"] = new(() => null, () => Task.FromResult<Store>(new SqliteStore()), Cases: 25) { MakeDurable = DurableFolder.Make },
        ["postgres"] = PostgresStore.Kind,
        ["azure"] = AzureStore.Kind,
    };

    /// <summary>Ends a hang: no test waits so long for anything that comes.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(10);

    public static Task<Store> Make(string kind) => All[kind].Make();

    public static bool IsShared(string kind) => All[kind].IsShared;

    /// <summary>One whose processes learn soon what the others did.</summary>
    public static Task<Store> MakeShared(string kind) => (All[kind].MakeLooking ?? All[kind].Make)();

    /// <summary>What is not installed here that a kind needs, or null.</summary>
    public static string? Missing(string kind) => All.TryGetValue(kind, out var known) ? known.Missing() : null;

    public static TheoryData<string> Kinds => new([.. All.Keys]);

    public static IEnumerable<(string Kind, int Cases)> KindsWithCases => All.Select(kind => (kind.Key, kind.Value.Cases));

    public static TheoryData<string, int> KindsAnd(Func<int, int> ofCases)
    {
        var data = new TheoryData<string, int>();
        foreach (var (kind, cases) in KindsWithCases)
            data.Add(kind, ofCases(cases));
        return data;
    }

    /// <summary>Those that several processes write at once.</summary>
    public static TheoryData<string> SharedKinds => new([.. All.Keys.Where(kind => All[kind].IsShared)]);

    /// <summary>Those that survive their process.</summary>
    public static TheoryData<string> DurableKinds => new([.. All.Keys.Where(kind => All[kind].MakeDurable is not null)]);

    /// <summary>Those that a server keeps.</summary>
    public static TheoryData<string> KindsWithServer => new([.. All.Keys.Where(kind => All[kind].HasServer)]);

    public static Task<DurableStore> MakeDurable(string kind) => All[kind].MakeDurable!();

    /// <summary>Opens the same store again beside <see cref="Log"/>, as another process would.</summary>
    public virtual Task<IPatientLog> OpenBeside() => throw new NotSupportedException("one process");

    /// <summary>The same, or null when the kind is one that only one process opens.</summary>
    public async Task<IPatientLog?> OpenBeside(string kind) => All[kind].IsShared ? await OpenBeside() : null;

    /// <summary>On the system's clock, with limits by which nothing ends of itself within a test.</summary>
    public Task<PatientJournal<Notes, Note>> Open(string name, JournalOptions? options = null, IPatientLog? over = null) =>
        PatientJournal<Notes, Note>.Open(
            over ?? Log, Ring, TimeProvider.System, new LogName(name), NoteFold.Instance,
            (options ?? new JournalOptions()) with { PrepareTimeout = TimeSpan.FromHours(1) });

    public static int NoteLength(ReadOnlyMemory<byte> bytes)
    {
        NoteFold.Instance.Read(bytes, out int used);
        return used;
    }

    public static Decided<Note, int> Write(Notes state, params Note[] notes) => new(notes, state.Texts.Count);
}

/// <summary>A kind of log under test.</summary>
/// <param name="Missing">What is not installed here that it needs, or null.</param>
/// <param name="Make">A new, empty store.</param>
/// <param name="Cases">Generated sequences of operations that its speed allows.</param>
public sealed record StoreKind(Func<string?> Missing, Func<Task<Store>> Make, int Cases)
{
    /// <summary>Several processes may write it at once: <see cref="Store.OpenBeside"/>.</summary>
    public bool IsShared { get; init; }

    /// <summary>One that looks often for what other processes did, where they are not notified.</summary>
    public Func<Task<Store>>? MakeLooking { get; init; }

    /// <summary>A new, empty store for processes that are killed; null when it does not survive its process.</summary>
    public Func<Task<DurableStore>>? MakeDurable { get; init; }

    /// <summary>A server keeps it, which can be killed and started again.</summary>
    public bool HasServer { get; init; }
}

/// <summary>A store that other processes are told of, and its server.</summary>
public abstract class DurableStore : IAsyncDisposable
{
    /// <summary>As <c>Address.Open</c> takes it.</summary>
    public abstract string Address { get; }

    public virtual bool IsShared => true;

    public abstract Task KillServer();

    public abstract Task StartServer();

    /// <summary>Returns when nothing is written any more for processes that were killed.</summary>
    public virtual Task EndSessions() => Task.CompletedTask;

    public abstract ValueTask DisposeAsync();
}

public sealed class MemoryStore : Store
{
    public override IPatientLog Log { get; } = new InMemoryLog();
}

public sealed class SqliteStore : Store
{
    private readonly TemporaryFolder _folder = new();
    private SqliteLog _log;

    public SqliteStore() => _log = SqliteLog.Open(Folder, Ring);

    public string Folder => _folder.Path;

    public override IPatientLog Log => _log;

    public override Task Reopen() => Reopen(_ => { });

    /// <summary>Closes it, lets somebody at the database, and opens it again.</summary>
    public async Task Reopen(Action<string> meanwhile)
    {
        await _log.DisposeAsync();
        meanwhile(Path.Combine(Folder, "patientgrains.db"));
        _log = SqliteLog.Open(Folder, Ring);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class DurableFolder : DurableStore
{
    private readonly TemporaryFolder _folder = new();

    public override string Address => CrashChild.Address.OfFolder(Path.Combine(_folder.Path, "data"));

    public override bool IsShared => false;

    public static Task<DurableStore> Make() => Task.FromResult<DurableStore>(new DurableFolder());

    public override Task KillServer() => throw new NotSupportedException("no server");

    public override Task StartServer() => throw new NotSupportedException("no server");

    public override ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}

public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("patientgrains-log-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Makes sealed commits without a journal.</summary>
internal sealed class Sealer : IDisposable
{
    private readonly LogKey _key;
    private readonly byte[] _wrapped;
    private readonly LogName _name;

    public Sealer(KeyRing ring, string name)
    {
        _name = new LogName(name);
        Id = ring.Blind(_name);
        _key = ring.NewDataKey(Id, out _wrapped);
    }

    public LogId Id { get; }

    public Head Head { get; private set; } = Head.Empty;

    /// <summary>The next commit on a head, this sealer's own unless another is given. It moves this sealer's head on only when told
    /// to.</summary>
    public CommitAppend Next(int count = 1, Head? on = null, bool advance = true, int size = 100)
    {
        var head = on ?? Head;
        // Nothing that compression makes small.
        var body = new byte[size];
        new Random(size).NextBytes(body);
        var commit = _key.SealCommit(head, count, 1_700_000_000_000_000 + head.NextSeq, body);
        if (advance)
            Head = commit.End;
        return head == Head.Empty ? new CommitAppend(commit, head, _wrapped, _key.SealName(_name)) : new CommitAppend(commit, head);
    }

    public StoredSnapshot Snapshot(string text) => _key.SealSnapshot(Head, 1, System.Text.Encoding.UTF8.GetBytes(text));

    public void Dispose() => _key.Dispose();
}
