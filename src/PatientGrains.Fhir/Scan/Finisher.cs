using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using PatientGrains.Core.Search;
using PatientGrains.Fhir.Schema;

namespace PatientGrains.Fhir.Scan;

/// <summary>Makes the stored body of a scanned resource: one copy with the id and replaced links put in, and the terms that depend on
/// them.</summary>
internal sealed class Finisher
{
    /// <summary>R4 2.24.0.1.</summary>
    private const int LongestId = 64;

    [ThreadStatic]
    private static Finisher? _ofThread;

    private byte[] _body = [];
    private int _written;
    private readonly TermWriter _terms = new();
    private readonly List<byte[]?> _replacements = [];
    private readonly (string? Text, LinkKind Kind, byte[] Bytes)[] _lately = new (string?, LinkKind, byte[])[4];
    private uint _next;
    private int _copied;
    private int _metaFrom;
    private int _metaUntil;

    public static FinishedResource Finish(ScannedResource scanned, string id, Func<ScannedLink, string?>? replace)
    {
        Span<byte> utf8 = stackalloc byte[LongestId];
        if (id.Length > LongestId || Ascii.FromUtf16(id, utf8, out int length) != OperationStatus.Done
            || Formats.Check(ValueKind.Id, utf8[..length]) is not null)
            throw new ArgumentException("An R4 id has 1 to 64 of A-Z, a-z, 0-9, - and .", nameof(id));
        // Taken away while in use: what asks for replacements may itself finish another resource.
        var finisher = _ofThread ?? new Finisher();
        _ofThread = null;
        var finished = finisher.Make(scanned, id, replace);
        _ofThread = finisher;
        return finished;
    }

    private FinishedResource Make(ScannedResource scanned, string id, Func<ScannedLink, string?>? replace)
    {
        var source = scanned.Source.Span;
        var links = replace is null ? [] : scanned.LinkSpots;
        Span<byte> idText = stackalloc byte[LongestId + 8];
        idText = idText[..WriteId(id, scanned.IdSpot.Length > 0, idText)];
        int idAt = scanned.IdSpot.Length > 0 ? scanned.IdSpot.Offset : scanned.TypeEnd;
        int length = source.Length - scanned.IdSpot.Length + idText.Length + Replace(scanned, links, replace);
        var terms = Terms(scanned);
        // Body and terms in one array of nothing else, which a record can keep as it is. Every byte of it is written.
        _body = GC.AllocateUninitializedArray<byte>(length + terms.Length);
        terms.CopyTo(_body.AsSpan(length));
        _written = _copied = 0;
        int idEnd = -1;
        for (int i = 0; i <= links.Length; i++)
        {
            if (idEnd < 0 && (i == links.Length || idAt <= links[i].Offset))
            {
                Put(scanned, source, idAt, scanned.IdSpot.Length, idText);
                idEnd = _written + (scanned.IdSpot.Length > 0 ? 1 : 0);
            }
            if (i < links.Length && _replacements[i] is { } text)
                Put(scanned, source, links[i].Offset, links[i].Length, text);
        }
        Copy(scanned, source, source.Length);
        var meta = scanned.MetaSpot.Length > 0 ? new MetaRange(_metaFrom, _metaUntil - _metaFrom) : new MetaRange(idEnd, 0);
        var finished = new FinishedResource(_body.AsMemory(0, length), new TermList(_body.AsMemory(length)), meta);
        _body = [];
        return finished;
    }

    private static int WriteId(string id, bool isSent, Span<byte> to)
    {
        if (isSent)
            return Encoding.ASCII.GetBytes(id, to);
        ",\"id\":\""u8.CopyTo(to);
        int length = 7 + Encoding.ASCII.GetBytes(id, to[7..]);
        to[length] = (byte)'"';
        return length + 1;
    }

    /// <summary>Asks for every link's replacement; returns by how many bytes they make the body longer.</summary>
    private int Replace(ScannedResource scanned, LinkSpot[] links, Func<ScannedLink, string?>? replace)
    {
        _replacements.Clear();
        int longer = 0;
        foreach (var link in links)
        {
            byte[]? text = replace!(new ScannedLink(scanned.Source, link.Offset, link.Length, link.Kind)) is { } put
                ? Escaped(put, link.Kind) : null;
            longer += text is null ? 0 : text.Length - link.Length;
            _replacements.Add(text);
        }
        return longer;
    }

    private void Put(ScannedResource scanned, ReadOnlySpan<byte> source, int at, int length, ReadOnlySpan<byte> text)
    {
        Copy(scanned, source, at);
        text.CopyTo(_body.AsSpan(_written));
        _written += text.Length;
        _copied = at + length;
    }

    /// <summary>Copies up to an offset of the source, and notes where meta comes to lie.</summary>
    private void Copy(ScannedResource scanned, ReadOnlySpan<byte> source, int until)
    {
        int from = scanned.MetaSpot.Offset;
        int end = from + scanned.MetaSpot.Length;
        if (from >= _copied && from < until)
            _metaFrom = _written + from - _copied;
        if (end > _copied && end <= until)
            _metaUntil = _written + end - _copied;
        source[_copied..until].CopyTo(_body.AsSpan(_written));
        _written += until - _copied;
        _copied = until;
    }

    /// <summary>The resources of a Bundle refer to the same few others again and again, by the very same text.</summary>
    private byte[] Escaped(string text, LinkKind kind)
    {
        foreach (var (known, knownKind, bytes) in _lately)
        {
            if (ReferenceEquals(known, text) && knownKind == kind)
                return bytes;
        }
        var escaped = Escape(text, kind);
        _lately[_next++ % _lately.Length] = (text, kind, escaped);
        return escaped;
    }

    /// <summary>In the narrative a link stands in an XML attribute, whose quotes the text does not know: all that could end it is
    /// escaped.</summary>
    private static byte[] Escape(string text, LinkKind kind)
    {
        if (kind == LinkKind.Narrative)
        {
            text = text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace("\"", "&quot;", StringComparison.Ordinal).Replace("'", "&#39;", StringComparison.Ordinal);
        }
        return Encoding.UTF8.GetBytes(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text));
    }

    private ReadOnlySpan<byte> Terms(ScannedResource scanned)
    {
        if (scanned.References.Length == 0)
            return scanned.PlainTerms.Bytes.Span;
        _terms.Begin(scanned.PlainTerms);
        byte[] buffer = [];
        foreach (var term in scanned.References)
        {
            var spot = scanned.LinkSpots[term.Link];
            var raw = term.Link < _replacements.Count && _replacements[term.Link] is { } put ? put
                : scanned.Source.Span.Slice(spot.Offset, spot.Length);
            if (buffer.Length < raw.Length)
                buffer = new byte[raw.Length];
            var text = raw.IndexOf((byte)'\\') < 0 ? raw : buffer.AsSpan(0, JsonText.Unescape(raw, buffer));
            if (term.Target < 0 || IsTo(text, term))
                _terms.Text(TermKind.Reference, term.Param, text);
        }
        return _terms.Written;
    }

    private static bool IsTo(ReadOnlySpan<byte> text, ReferenceTerm term)
    {
        int type = text[0] == '#' ? -1 : ReferenceText.TargetType(text, R4.Instance, out _);
        return type == term.Target || (type < 0 && term.Declared == term.Target);
    }
}
