using System.Buffers;
using System.Globalization;
using System.Text;

namespace PatientGrains.Log.CrashChild;

/// <summary>An event of the vocabulary that the log's tests use: a text, which may claim a key and carry tokens, be a line of a feed (0:
/// of none), and say when the log is due (in microseconds; 0: as before, -1: not at all).</summary>
public sealed record Note(string Text, string Claim = "", string Token = "", int Delta = 1, byte Feed = 0, long Due = 0);

/// <summary>The state that notes fold to: all texts in order. Mutable on purpose, as Core's record is.</summary>
public sealed class Notes
{
    public List<string> Texts { get; } = [];

    public DateTimeOffset? DueAt { get; set; }
}

public sealed class NoteFold : IFold<Notes, Note>
{
    public static NoteFold Instance { get; } = new();

    public int SnapshotForm => 1;

    public Notes Empty() => new();

    public Notes Evolve(Notes state, Note happened)
    {
        state.Texts.Add(happened.Text);
        if (happened.Due != 0)
            state.DueAt = happened.Due < 0 ? null : Micros.Time(happened.Due);
        return state;
    }

    public void Effects(Notes before, Note happened, LogName owner, EffectKeys keys)
    {
        if (happened.Claim.StartsWith('-'))
            keys.Release(happened.Claim[1..]);
        else if (happened.Claim.Length > 0)
            keys.Claim(happened.Claim);
        if (happened.Token.Length > 0)
            keys.Index(happened.Token, happened.Delta);
        if (happened.Feed != 0)
            keys.Appear(happened.Feed);
    }

    public DateTimeOffset? DueAt(Notes state) => state.DueAt;

    public void Write(Note happened, IBufferWriter<byte> to)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(happened.Text);
        writer.Write(happened.Claim);
        writer.Write(happened.Token);
        writer.Write(happened.Delta);
        writer.Write(happened.Feed);
        writer.Write(happened.Due);
        to.Write(stream.ToArray());
    }

    public Note Read(ReadOnlyMemory<byte> bytes, out int used)
    {
        try
        {
            using var stream = new MemoryStream(bytes.ToArray());
            using var reader = new BinaryReader(stream);
            var note = new Note(
                reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadInt32(), reader.ReadByte(), reader.ReadInt64());
            used = (int)stream.Position;
            return note;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw new FormatException("Not a note.", e);
        }
    }

    public Action<IBufferWriter<byte>> Snapshot(Notes state)
    {
        string[] lines = [state.DueAt is { } at ? Micros.Up(at).ToString(CultureInfo.InvariantCulture) : "", .. state.Texts];
        return to => to.Write(Encoding.UTF8.GetBytes(string.Join('\n', lines)));
    }

    public Notes ReadSnapshot(ReadOnlyMemory<byte> bytes)
    {
        var notes = new Notes();
        string[] lines = Encoding.UTF8.GetString(bytes.Span).Split('\n');
        notes.DueAt = lines[0].Length > 0 ? Micros.Time(long.Parse(lines[0], CultureInfo.InvariantCulture)) : null;
        notes.Texts.AddRange(lines.AsSpan(1));
        return notes;
    }

    public long Size(Notes state) => state.Texts.Count * 4L;
}

/// <summary>One activation: its turns run one at a time, and its awaits come back to it, as a grain's do.</summary>
public sealed class Activation
{
    private readonly TaskFactory _turns = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);

    public Task<T> Run<T>(Func<Task<T>> turn) => _turns.StartNew(turn).Unwrap();

    public Task Run(Func<Task> turn) => _turns.StartNew(turn).Unwrap();
}
