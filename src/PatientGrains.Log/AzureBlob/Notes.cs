using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace PatientGrains.Log.AzureBlob;

/// <summary>
/// Which logs each process may be writing, <c>notes/process</c>: a log is noted before it is written, and taken off some time after its
/// last append was settled and marked. So what a process that died left unsettled is found among these, without looking at all logs.
/// Whoever finds it settles it; nothing goes wrong when the process is alive after all.
/// </summary>
internal sealed class Notes
{
    private const string Folder = "notes/";
    /// <summary>Looks at which a process has said nothing new, until it is taken for dead.</summary>
    private const int DeadAfterLooks = 3;
    private const int AtATime = 16;

    private readonly BlobClient _client;
    private readonly AzureBlobLogOptions _options;
    private readonly string _own;
    private readonly NotesFold _fold = new();
    private readonly SharedTail _tail;
    private readonly ConcurrentDictionary<LogId, Task> _noted = [];
    private readonly Dictionary<string, Other> _others = [];
    private long _heard;

    public Notes(BlobClient client, AzureBlobLogOptions options)
    {
        (_client, _options) = (client, options);
        _own = $"{Folder}{options.Instance}-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        _tail = Tail(_own, _fold);
    }

    /// <summary>What another process noted, as far as it was looked at.</summary>
    private sealed class Other(SharedTail tail, NotesFold fold)
    {
        public SharedTail Tail => tail;
        public NotesFold Fold => fold;
        public long Heard { get; set; } = -1;
        public long QuietSince { get; set; }
        public int QuietLooks { get; set; }
        public bool IsSettled { get; set; }
    }

    private SharedTail Tail(string name, NotesFold fold) => new(_client, name, new FoldForm(fold), _options.BlocksPerBlob);

    /// <summary>Completes when these logs are noted.</summary>
    public Task Note(IReadOnlyList<Lane> lanes)
    {
        List<Task> noted = [];
        foreach (var lane in lanes)
        {
            var note = _noted.GetOrAdd(lane.Log, log => _tail.Append(Record(NotesFold.NoteKind, log), 0, []));
            if (note.IsFaulted)
                _noted[lane.Log] = note = _tail.Append(Record(NotesFold.NoteKind, lane.Log), 0, []);
            if (!note.IsCompletedSuccessfully)
                noted.Add(note);
        }
        return noted.Count == 0 ? Task.CompletedTask : Task.WhenAll(noted);
    }

    public bool IsNoted(LogId log) => _noted.ContainsKey(log);

    /// <summary>Takes a log off that nobody here uses, and that is settled and marked.</summary>
    public Task TakeOff(LogId log) =>
        _noted.TryRemove(log, out _) ? _tail.Append(Record(NotesFold.DoneKind, log), 0, []) : Task.CompletedTask;

    private static byte[] Record(byte kind, LogId log) => new FoldRecord(kind, log, default, default, 0).Write();

    /// <summary>Says that this process is there, when it has noted something and said nothing since the last time. Notes again what
    /// others have dropped because they took it for dead.</summary>
    public async Task SayAlive()
    {
        var (there, heard) = _fold.Now();
        var dropped = _noted.Keys.Except(there).ToList();
        if (dropped.Count > 0 && heard == _heard)
            await _tail.Append(dropped.SelectMany(log => Record(NotesFold.NoteKind, log)).ToArray(), 0, []).ConfigureAwait(false);
        else if (!_noted.IsEmpty && heard == _heard)
            await _tail.Append(Record(NotesFold.AliveKind, default), 0, []).ConfigureAwait(false);
        _heard = _fold.Now().Heard;
    }

    /// <summary>Settles what other processes noted: all of them, or those that seem to have died.</summary>
    public async Task SettleOthers(bool all, Func<LogId, Task> settle)
    {
        foreach (var folder in await _client.ListAll(Folder, folders: true).ConfigureAwait(false))
        {
            string name = folder.Name.TrimEnd('/');
            if (name == _own)
                continue;
            if (!_others.TryGetValue(name, out var other))
            {
                var fold = new NotesFold();
                _others.Add(name, other = new Other(Tail(name, fold), fold));
            }
            await other.Tail.Refresh().ConfigureAwait(false);
            var (logs, heard) = other.Fold.Now();
            if (heard != other.Heard)
                (other.Heard, other.QuietLooks, other.IsSettled, other.QuietSince) = (heard, 0, false, _options.Clock.GetTimestamp());
            else
                other.QuietLooks++;
            bool isForgotten = other.IsSettled && _options.Clock.GetElapsedTime(other.QuietSince) > _options.ForgetAfter;
            if (isForgotten || (!other.IsSettled && (all || other.QuietLooks >= DeadAfterLooks)))
            {
                await ForEachWhole(logs, settle).ConfigureAwait(false);
                other.IsSettled = other.QuietLooks >= DeadAfterLooks;
            }
            if (isForgotten)
                await Drop(name).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Settles or marks logs, some at a time. One that cannot be read stays as it is and stays noted: whoever asks for it is told, and the
    /// others must not wait for it.
    /// </summary>
    public static Task ForEachWhole(IEnumerable<LogId> logs, Func<LogId, Task> what) =>
        Parallel.ForEachAsync(logs, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, async (log, _) =>
        {
            try
            {
                await what(log).ConfigureAwait(false);
            }
            catch (LogCorruptException)
            {
                // Said above.
            }
        });

    /// <summary>When everything is taken off, nobody has to look.</summary>
    public Task DropOwn() => _noted.IsEmpty ? Drop(_own) : Task.CompletedTask;

    private async Task Drop(string name)
    {
        foreach (var blob in await _client.ListAll(name + "/").ConfigureAwait(false))
            await _client.Delete(blob.Name).ConfigureAwait(false);
        _others.Remove(name);
    }
}
