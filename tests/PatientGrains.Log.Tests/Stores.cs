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
        ["sqlite"] = new(() => null, () => Task.FromResult<Store>(new SqliteStore()), Cases: 25),
        ["postgres"] = new(() => PostgresServer.Missing, PostgresStore.Make, Cases: 10) { IsShared = true },
        ["azure"] = new(() => AzuriteServer.Missing, AzureStore.Make, Cases: 3) { IsShared = true },
    };

    public static Task<Store> Make(string kind) => All[kind].Make();

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

    /// <summary>Opens the same store again beside <see cref="Log"/>, as another process would.</summary>
    public virtual Task<IPatientLog> OpenBeside() => throw new NotSupportedException("one process");

    public Task<PatientJournal<Notes, Note>> Open(string name, JournalOptions? options = null, IPatientLog? over = null) =>
        PatientJournal<Notes, Note>.Open(
            over ?? Log, Ring, TimeProvider.System, new LogName(name), NoteFold.Instance, options ?? new JournalOptions());

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
        var commit = _key.SealCommit(head, count, 1_700_000_000_000_000 + head.NextSeq, new byte[size]);
        if (advance)
            Head = commit.End;
        return head == Head.Empty ? new CommitAppend(commit, head, _wrapped, _key.SealName(_name)) : new CommitAppend(commit, head);
    }

    public StoredSnapshot Snapshot(string text) => _key.SealSnapshot(Head, 1, System.Text.Encoding.UTF8.GetBytes(text));

    public void Dispose() => _key.Dispose();
}
