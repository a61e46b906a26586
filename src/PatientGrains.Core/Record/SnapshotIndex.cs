namespace PatientGrains.Core.Record;

/// <summary>A statement as the index of a snapshot describes it: everything but its body, of which it tells the lengths.</summary>
/// <param name="Key">Whose type is the same object in all of them.</param>
/// <param name="State">Its body has no place yet.</param>
/// <param name="HasBody">No tombstone.</param>
/// <param name="Findings">See <see cref="FindingBytes"/>.</param>
internal readonly record struct DescribedStatement(ResourceKey Key, StatementState State, bool HasBody, byte[] Findings);

/// <summary>
/// The index of a snapshot: submissions, then statements. Nothing in it is parsed but numbers and texts, since an opening reads all of it.
/// </summary>
internal static class SnapshotIndex
{
    public static void Write(CompactWriter to, ReadOnlySpan<(Message Message, Remembered Remembered)> submissions)
    {
        to.Number(submissions.Length);
        foreach (var (message, remembered) in submissions)
        {
            Write(to, message);
            to.Bytes(remembered.Digest.Span);
            to.Number(remembered.Seq);
        }
    }

    public static void ReadSubmissions(ref CompactReader from, PatientRecord record)
    {
        for (int rest = from.Count(); rest > 0; rest--)
        {
            var message = Message(ref from, record);
            var digest = new Blob(from.Bytes().ToArray());
            record.Submissions.Add(message, digest, from.Number());
        }
    }

    public static void Write(CompactWriter to, ReadOnlySpan<(ResourceKey Key, StatementState State)> statements)
    {
        to.Number(statements.Length);
        foreach (ref readonly var each in statements)
            Write(to, each.Key, each.State);
    }

    private static void Write(CompactWriter to, ResourceKey key, in StatementState state)
    {
        to.Repeated(key.Type);
        to.Text(key.Id);
        to.Number(state.Version);
        to.Number(state.AtTicks);
        Write(to, state.Message);
        if (state.Version > 1)
            Write(to, state.Origin);
        for (int version = 1; version <= state.Version; version++)
            to.Number(state.SeqOf(version));
        var body = state.Body;
        to.Number(body.IsNone ? 0 : 1);
        if (body.IsNone)
            return;
        to.Number(body.JsonLength);
        to.Number(body.TermsLength);
        to.Number(body.MetaAt);
        to.Number(body.MetaLength);
        to.Number(body.Extractor);
        to.Bytes(body.FindingBytes);
    }

    public static DescribedStatement Read(ref CompactReader from, PatientRecord record)
    {
        var key = new ResourceKey(from.Repeated(), from.Text());
        int version = from.Count();
        long at = from.Number();
        if (version == 0 || at < DateTimeOffset.MinValue.Ticks || at > DateTimeOffset.MaxValue.Ticks)
            throw new FormatException("A statement of the snapshot is not whole.");
        var message = Message(ref from, record);
        var origin = version > 1 ? Message(ref from, record) : message;
        long[] seqs = version == 1 ? [from.Number()] : new long[version];
        for (int i = 0; version > 1 && i < version; i++)
            seqs[i] = from.Number();
        bool hasBody = from.Int() != 0;
        var (body, findings) = hasBody ? Body(ref from) : default;
        var state = new StatementState(version, seqs) { AtTicks = at, Message = message, Origin = origin, Body = body };
        return new DescribedStatement(key, state, hasBody, findings ?? []);
    }

    private static (HeldBody Body, byte[] Findings) Body(ref CompactReader from)
    {
        int json = from.Int();
        int terms = from.Int();
        int metaAt = from.Int();
        int metaLength = from.Int();
        int extractor = from.Int();
        byte[] findings = from.Bytes().ToArray();
        return (HeldBody.Described(json, terms, findings.Length, metaAt, metaLength, extractor), findings);
    }

    private static void Write(CompactWriter to, Message message)
    {
        to.Repeated(message.Source);
        to.Repeated(message.Id);
    }

    private static Message Message(ref CompactReader from, PatientRecord record) => record.MessageOf(from.Repeated(), from.Repeated());
}
