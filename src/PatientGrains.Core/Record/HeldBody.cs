using System.Collections.Immutable;
using System.Runtime.InteropServices;
using PatientGrains.Core.Screening;
using PatientGrains.Core.Search;

namespace PatientGrains.Core.Record;

/// <summary>
/// A body as a record holds it: thousands of them in memory, so JSON, terms and findings lie packed, in one array of their own or in a
/// page of a snapshot, and become objects only when somebody asks. Immutable; what was read from a log or a request is copied, so that
/// nothing else is kept alive by it, unless it lies in an array of nothing else already, as whoever finishes a body leaves it.
/// </summary>
internal readonly struct HeldBody
{
    /// <summary>A byte array, a <see cref="SnapshotPage"/>, or null for a tombstone.</summary>
    private readonly object? _place;
    private readonly int _jsonAt;
    private readonly int _termsAt;
    private readonly int _findingsAt;

    private HeldBody(object place, int jsonAt, int termsAt, int findingsAt) =>
        (_place, _jsonAt, _termsAt, _findingsAt) = (place, jsonAt, termsAt, findingsAt);

    public int JsonLength { get; private init; }
    public int TermsLength { get; private init; }
    public int FindingsLength { get; private init; }
    public int MetaAt { get; private init; }
    public int MetaLength { get; private init; }
    public int Extractor { get; private init; }

    public bool IsNone => _place is null;

    /// <summary>Bytes of JSON and terms.</summary>
    public long Size => (long)JsonLength + TermsLength;

    /// <summary>Null when the body lies by itself.</summary>
    public SnapshotPage? Page => _place as SnapshotPage;

    public ReadOnlyMemory<byte> Json => Part(static page => page.Json.Opened, _jsonAt, JsonLength);

    public TermList Terms => new(Part(static page => page.Terms.Opened, _termsAt, TermsLength));

    public ReadOnlySpan<byte> FindingBytes => Part(static page => page.Findings, _findingsAt, FindingsLength).Span;

    public ImmutableArray<Finding> Findings => FindingsLength == 0 ? [] : Record.FindingBytes.Read(FindingBytes);

    /// <summary>Without opening a page for good: for a snapshot that is written of a record which nobody may look at.</summary>
    public ReadOnlySpan<byte> Peek(PageReader pages, out ReadOnlySpan<byte> terms)
    {
        if (Page is not { } page)
        {
            terms = Terms.Bytes.Span;
            return Json.Span;
        }
        var (json, allTerms) = pages.Peek(page);
        terms = allTerms.AsSpan(_termsAt, TermsLength);
        return json.AsSpan(_jsonAt, JsonLength);
    }

    public static HeldBody Of(StatementBody body)
    {
        var findings = Record.FindingBytes.Write(body.Findings);
        byte[] own = findings.Length == 0 && ArrayOf(body) is { } array ? array : Copy(body, findings);
        return new HeldBody(own, 0, body.Json.Length, body.Json.Length + body.Terms.Length)
        {
            JsonLength = body.Json.Length,
            TermsLength = body.Terms.Length,
            FindingsLength = findings.Length,
            MetaAt = body.MetaAt,
            MetaLength = body.MetaLength,
            Extractor = body.Extractor,
        };
    }

    /// <summary>The array that holds the JSON and behind it the terms and nothing else; null when there is none.</summary>
    private static byte[]? ArrayOf(StatementBody body) =>
        MemoryMarshal.TryGetArray(body.Json.Bytes, out var json) && MemoryMarshal.TryGetArray(body.Terms.Bytes, out var terms)
        && json.Array == terms.Array && json.Offset == 0 && json.Count == terms.Offset && json.Count + terms.Count == json.Array!.Length
            ? json.Array : null;

    private static byte[] Copy(StatementBody body, ReadOnlySpan<byte> findings)
    {
        byte[] own = GC.AllocateUninitializedArray<byte>(body.Json.Length + body.Terms.Length + findings.Length);
        body.Json.Span.CopyTo(own);
        body.Terms.Span.CopyTo(own.AsSpan(body.Json.Length));
        findings.CopyTo(own.AsSpan(body.Json.Length + body.Terms.Length));
        return own;
    }

    /// <summary>In a page, where it lies behind the lengths of those before it.</summary>
    public HeldBody In(SnapshotPage page, int jsonAt, int termsAt, int findingsAt) => new(page, jsonAt, termsAt, findingsAt)
    {
        JsonLength = JsonLength,
        TermsLength = TermsLength,
        FindingsLength = FindingsLength,
        MetaAt = MetaAt,
        MetaLength = MetaLength,
        Extractor = Extractor,
    };

    /// <summary>The lengths alone, as an index tells them before the page is there.</summary>
    public static HeldBody Described(int json, int terms, int findings, int metaAt, int metaLength, int extractor) => new()
    {
        JsonLength = json,
        TermsLength = terms,
        FindingsLength = findings,
        MetaAt = metaAt,
        MetaLength = metaLength,
        Extractor = extractor,
    };

    /// <summary>The same by itself.</summary>
    public HeldBody Alone() => Of(Whole());

    public StatementBody Whole() => Released() with { Terms = new Blob(Terms.Bytes), Findings = Findings };

    /// <summary>What may leave the record: terms and findings serve its own searches and screening and have no business outside.</summary>
    public StatementBody Released() => new()
    {
        Json = new Blob(Json), MetaAt = MetaAt, MetaLength = MetaLength, Terms = default, Extractor = Extractor,
    };

    private ReadOnlyMemory<byte> Part(Func<SnapshotPage, byte[]> ofPage, int at, int length) => _place switch
    {
        byte[] own => own.AsMemory(at, length),
        SnapshotPage page => ofPage(page).AsMemory(at, length),
        _ => default,
    };
}
