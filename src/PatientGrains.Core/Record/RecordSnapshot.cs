using System.Buffers;
using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>A record written down whole, so that opening a log need not replay all of it. A cache: the log stays the truth.</summary>
public static class RecordSnapshot
{
    /// <summary>Raised whenever the form changes; a snapshot of another form is ignored and the log is replayed.</summary>
    public const int Form = 2;

    public static void Write(PatientRecord record, IBufferWriter<byte> output)
    {
        // First and by itself, so that a program of another form can tell without understanding the rest.
        WireCodec.PutVarint(output, Form);
        WireCodec.Write(output, new SnapshotHead
        {
            NextSeq = record.NextSeq,
            ChangedAt = record.ChangedAt,
            Statements = record.Count,
            Submissions = [.. record.Submissions.Oldest().Select(known =>
                new SnapshotSubmission(known.Source, known.MessageId, known.Remembered.Digest, known.Remembered.Seq))],
            Episodes = record.Episodes,
            Alerts = [.. record.Lines.Alerts],
            Quality = [.. record.Lines.Quality],
        });
        foreach (var statement in record.Statements)
        {
            WireCodec.Write(output, new SnapshotStatement
            {
                Key = statement.Key,
                Version = statement.Version,
                At = statement.At,
                Source = statement.Source,
                MessageId = statement.MessageId,
                Origin = statement.Version == 1 ? null : statement.Origin,
                Body = statement.Body,
                Seqs = [.. statement.Seqs],
            });
        }
    }

    /// <returns>Null when the bytes are of another form.</returns>
    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static PatientRecord? Read(ReadOnlyMemory<byte> bytes)
    {
        int at = 0;
        if (WireCodec.TakeVarint(bytes.Span, ref at) != Form)
            return null;
        bytes = bytes[at..];
        var head = WireCodec.Read<SnapshotHead>(bytes, out int used);
        var record = new PatientRecord { NextSeq = head.NextSeq, ChangedAt = head.ChangedAt, Episodes = head.Episodes };
        foreach (var line in head.Alerts)
            record.Lines.Add(line);
        foreach (var line in head.Quality)
            record.Lines.Add(line);
        foreach (var known in head.Submissions)
            record.Submissions.Add(known.Source, known.MessageId, known.Digest, known.Seq);
        for (int i = 0; i < head.Statements; i++)
        {
            bytes = bytes[used..];
            var read = WireCodec.Read<SnapshotStatement>(bytes, out used);
            if (read.Seqs.Length != read.Version || record.Find(read.Key) is not null)
                throw new FormatException("A statement of the snapshot is not whole.");
            var statement = record.Ensure(read.Key);
            statement.Version = read.Version;
            statement.At = read.At;
            statement.Source = read.Source;
            statement.MessageId = read.MessageId;
            statement.Origin = read.Origin ?? new Origin(read.Source, read.MessageId);
            statement.Body = read.Body;
            foreach (long seq in read.Seqs)
                statement.AddVersion(seq);
            record.CurrentBytes += RecordFold.Size(read.Body);
            if (read.Body is { Findings.IsEmpty: false } body)
                record.Chart = record.Chart.Plus(read.Key, read.Version, body.Findings);
        }
        if (used != bytes.Length)
            throw new FormatException("The snapshot is longer than what it says to hold.");
        return record;
    }
}

internal sealed record SnapshotHead
{
    public required long NextSeq { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }
    public required int Statements { get; init; }
    public required ImmutableArray<SnapshotSubmission> Submissions { get; init; }
    public required Episodes Episodes { get; init; }
    public required ImmutableArray<AlertLine> Alerts { get; init; }
    public required ImmutableArray<QualityLine> Quality { get; init; }
}

internal sealed record SnapshotSubmission(string Source, string MessageId, Blob Digest, long Seq);

internal sealed record SnapshotStatement
{
    public required ResourceKey Key { get; init; }
    public required int Version { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Source { get; init; }
    public required string MessageId { get; init; }

    /// <summary>Null when the first version is the current one.</summary>
    public Origin? Origin { get; init; }

    public StatementBody? Body { get; init; }
    public required ImmutableArray<long> Seqs { get; init; }
}
