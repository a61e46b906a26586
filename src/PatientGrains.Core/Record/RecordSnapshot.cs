using System.Buffers;
using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// A record written down whole, so that opening a log need not replay all of it. A cache: the log stays the truth.
/// <para>Form, head (a frame: what there is one of), index (submissions, and of each statement everything but its body), pages (bodies).
/// Index and pages are compressed, each by itself: opening a record reads the index and leaves the pages as they are.</para>
/// </summary>
public static class RecordSnapshot
{
    /// <summary>Raised whenever the form changes; a snapshot of another form is ignored and the log is replayed.</summary>
    public const int Form = 3;

    public static void Write(PatientRecord record, IBufferWriter<byte> output) => Of(record)(output);

    /// <summary>
    /// What writes the record as it is now, once, on any thread, whatever becomes of the record meanwhile: to take hold of it copies a few
    /// words of each statement, to write it compresses every body that is not compressed already.
    /// </summary>
    public static Action<IBufferWriter<byte>> Of(PatientRecord record)
    {
        var head = new SnapshotHead
        {
            NextSeq = record.NextSeq,
            ChangedAt = record.ChangedAt,
            Episodes = record.Episodes,
            Alerts = [.. record.Lines.Alerts],
            Quality = [.. record.Lines.Quality],
        };
        (Message, Remembered)[] submissions = [.. record.Submissions.Oldest()];
        var statements = new (ResourceKey Key, StatementState State)[record.Count];
        for (int i = 0; i < statements.Length; i++)
            statements[i] = (record.Statements[i].Key, record.Statements[i].State);
        return output =>
        {
            // First and by itself, so that a program of another form can tell without understanding the rest.
            WireCodec.PutVarint(output, Form);
            WireCodec.Write(output, head);
            var index = new ArrayBufferWriter<byte>();
            var to = new CompactWriter(index);
            SnapshotIndex.Write(to, submissions);
            SnapshotIndex.Write(to, statements);
            PackedBytes.Write(new CompactWriter(output), index.WrittenSpan);
            var pages = new SnapshotPages(output);
            for (int first = 0; first < statements.Length; first += SnapshotPage.Statements)
                pages.Write(statements.AsSpan(first..Math.Min(statements.Length, first + SnapshotPage.Statements)));
        };
    }

    /// <returns>Null when the bytes are of another form.</returns>
    /// <exception cref="FormatException">The bytes are not a snapshot.</exception>
    public static PatientRecord? Read(ReadOnlyMemory<byte> bytes)
    {
        int at = 0;
        if (WireCodec.TakeVarint(bytes.Span, ref at) != Form)
            return null;
        var head = WireCodec.Read<SnapshotHead>(bytes[at..], out int used);
        var record = new PatientRecord { NextSeq = head.NextSeq, ChangedAt = head.ChangedAt, Episodes = head.Episodes };
        foreach (var line in head.Alerts)
            record.Lines.Add(line);
        foreach (var line in head.Quality)
            record.Lines.Add(line);
        var rest = new CompactReader(bytes.Span[(at + used)..]);
        var index = new CompactReader(PackedBytes.Read(ref rest).Opened);
        SnapshotIndex.ReadSubmissions(ref index, record);
        int count = index.Count();
        record.Reserve(count);
        var chart = new List<Charting>();
        var described = new List<DescribedStatement>(SnapshotPage.Statements);
        for (int first = 0; first < count; first += SnapshotPage.Statements)
        {
            described.Clear();
            for (int i = first; i < Math.Min(count, first + SnapshotPage.Statements); i++)
                described.Add(SnapshotIndex.Read(ref index, record));
            Restore(record, described, SnapshotPages.Read(ref rest, first, described), chart);
        }
        if (!index.IsAtEnd || !rest.IsAtEnd)
            throw new FormatException("The snapshot is longer than what it says to hold.");
        record.Chart = Chart.Of(chart);
        return record;
    }

    private static void Restore(PatientRecord record, List<DescribedStatement> described, SnapshotPage page, List<Charting> chart)
    {
        int json = 0, terms = 0, findings = 0;
        foreach (var (key, state, hasBody, _) in described)
        {
            int before = record.Count;
            var statement = record.Ensure(key);
            if (record.Count == before)
                throw new FormatException("The snapshot has a statement twice.");
            if (!hasBody)
            {
                statement.Restore(state);
                continue;
            }
            var body = state.Body.In(page, json, terms, findings);
            statement.Restore(state with { Body = body });
            json += body.JsonLength;
            terms += body.TermsLength;
            findings += body.FindingsLength;
            record.CurrentBytes += body.Size;
            if (body.FindingsLength > 0)
                chart.Add(new Charting(statement.Key, state.Version, body.Findings));
        }
    }
}

internal sealed record SnapshotHead
{
    public required long NextSeq { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }
    public required Episodes Episodes { get; init; }
    public required ImmutableArray<AlertLine> Alerts { get; init; }
    public required ImmutableArray<QualityLine> Quality { get; init; }
}
