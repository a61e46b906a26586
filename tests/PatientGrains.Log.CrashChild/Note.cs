using System.Buffers;
using System.Text;

namespace PatientGrains.Log.CrashChild;

/// <summary>An event of the vocabulary that the log's tests use: a text, which may claim a key and carry tokens.</summary>
public sealed record Note(string Text, string Claim = "", string Token = "", int Delta = 1);

/// <summary>The state that notes fold to: all texts in order. Mutable on purpose, as Core's record is.</summary>
public sealed class Notes
{
    public List<string> Texts { get; } = [];
}

public sealed class NoteFold : IFold<Notes, Note>
{
    public static NoteFold Instance { get; } = new();

    public int SnapshotForm => 1;

    public Notes Empty() => new();

    public Notes Evolve(Notes state, Note happened)
    {
        state.Texts.Add(happened.Text);
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
    }

    public void Write(Note happened, IBufferWriter<byte> to)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(happened.Text);
        writer.Write(happened.Claim);
        writer.Write(happened.Token);
        writer.Write(happened.Delta);
        to.Write(stream.ToArray());
    }

    public Note Read(ReadOnlyMemory<byte> bytes, out int used)
    {
        try
        {
            using var stream = new MemoryStream(bytes.ToArray());
            using var reader = new BinaryReader(stream);
            var note = new Note(reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadInt32());
            used = (int)stream.Position;
            return note;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw new FormatException("Not a note.", e);
        }
    }

    public void WriteSnapshot(Notes state, IBufferWriter<byte> to) => to.Write(Encoding.UTF8.GetBytes(string.Join('\n', state.Texts)));

    public Notes ReadSnapshot(ReadOnlyMemory<byte> bytes)
    {
        var notes = new Notes();
        if (!bytes.IsEmpty)
            notes.Texts.AddRange(Encoding.UTF8.GetString(bytes.Span).Split('\n'));
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
