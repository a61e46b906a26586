using System.Buffers;

namespace PatientGrains.Core.Record;

/// <summary>
/// Writes and reads the pages of a snapshot. A page whose statements are all still as it says, and that nobody opened, is copied as it
/// is: a record that little is asked of costs little to be written down again.
/// </summary>
internal sealed class SnapshotPages(IBufferWriter<byte> output)
{
    private readonly CompactWriter _to = new(output);
    private readonly PageReader _opened = new();
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly ArrayBufferWriter<byte> _terms = new();

    /// <param name="statements">Those of one page.</param>
    public void Write(ReadOnlySpan<(ResourceKey Key, StatementState State)> statements)
    {
        if (AsTheyWere(statements) is { } page && page.Json.Packed is { } json && page.Terms.Packed is { } terms)
        {
            PackedBytes.Put(_to, page.Json.Length, json);
            PackedBytes.Put(_to, page.Terms.Length, terms);
            return;
        }
        _json.ResetWrittenCount();
        _terms.ResetWrittenCount();
        foreach (ref readonly var each in statements)
        {
            if (each.State.Body.IsNone)
                continue;
            _json.Write(each.State.Body.Peek(_opened, out var itsTerms));
            _terms.Write(itsTerms);
        }
        PackedBytes.Write(_to, _json.WrittenSpan);
        PackedBytes.Write(_to, _terms.WrittenSpan);
    }

    /// <summary>The page that holds exactly the bodies of these statements, in this order, or null.</summary>
    private static SnapshotPage? AsTheyWere(ReadOnlySpan<(ResourceKey Key, StatementState State)> statements)
    {
        SnapshotPage? page = null;
        int bodies = 0;
        foreach (ref readonly var each in statements)
        {
            if (each.State.Body.IsNone)
                continue;
            bodies++;
            if (each.State.Body.Page is not { } its || (page is not null && page != its))
                return null;
            page = its;
        }
        return page?.Bodies == bodies ? page : null;
    }

    /// <exception cref="FormatException">The page does not hold what the index says.</exception>
    public static SnapshotPage Read(ref CompactReader from, int first, List<DescribedStatement> described)
    {
        var json = PackedBytes.Read(ref from);
        var terms = PackedBytes.Read(ref from);
        int bodies = 0;
        int findingBytes = 0;
        long jsonBytes = 0;
        long termBytes = 0;
        foreach (var each in described)
        {
            if (!each.HasBody)
                continue;
            bodies++;
            jsonBytes += each.State.Body.JsonLength;
            termBytes += each.State.Body.TermsLength;
            findingBytes += each.Findings.Length;
        }
        if (jsonBytes != json.Length || termBytes != terms.Length)
            throw new FormatException("A page of the snapshot is not as long as its bodies.");
        byte[] findings = new byte[findingBytes];
        int at = 0;
        foreach (var each in described)
        {
            each.Findings.CopyTo(findings, at);
            at += each.Findings.Length;
        }
        return new SnapshotPage(first, bodies, json, terms, findings);
    }
}
