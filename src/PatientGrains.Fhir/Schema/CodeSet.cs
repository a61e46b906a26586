using System.Text;
using PatientGrains.Fhir.Scan;

namespace PatientGrains.Fhir.Schema;

/// <summary>What a required binding allows: a list of codes, or the syntax of an open standard.</summary>
internal sealed class CodeSet
{
    private readonly NameTable? _codes;
    private readonly NameTable? _codings;
    private readonly Open _open;

    private enum Open
    {
        None,
        MimeTypes,
        Languages,
        Currencies,
        Ucum,
    }

    public CodeSet(string name, IReadOnlyList<(string System, string[] Codes)> includes)
    {
        Name = name;
        _codes = new NameTable([.. includes.SelectMany(x => x.Codes).Distinct().Select(Encoding.UTF8.GetBytes)]);
        _codings = new NameTable([.. includes.SelectMany(x =>
            x.Codes.Select(c => x.System + "|" + c)).Distinct().Select(Encoding.UTF8.GetBytes)]);
    }

    private CodeSet(string name, Open open)
    {
        Name = name;
        _open = open;
    }

    public string Name { get; }

    /// <summary>The sets over standards outside of FHIR, by the names of R4's value sets.</summary>
    public static IEnumerable<CodeSet> OpenStandards =>
        [new("mimetypes", Open.MimeTypes), new("all-languages", Open.Languages), new("currencies", Open.Currencies),
            new("ucum-units", Open.Ucum)];

    public bool HasCode(ReadOnlySpan<byte> code) => _open switch
    {
        Open.None => _codes!.Find(code) >= 0,
        Open.MimeTypes => OpenCodes.IsMimeType(code),
        Open.Languages => OpenCodes.IsLanguage(code),
        Open.Currencies => OpenCodes.IsCurrency(code),
        _ => !code.IsEmpty,
    };

    /// <summary>Whether the coding is in the set. A coding of a language in another system than BCP 47 is left alone: only the maximum
    /// value set is required there, not the binding.</summary>
    public bool HasCoding(ReadOnlySpan<byte> system, ReadOnlySpan<byte> code)
    {
        if (_open == Open.Ucum)
            return system.SequenceEqual("http://unitsofmeasure.org"u8) && !code.IsEmpty;
        if (_open == Open.Languages)
            return !system.SequenceEqual("urn:ietf:bcp:47"u8) || OpenCodes.IsLanguage(code);
        Span<byte> both = stackalloc byte[256];
        if (_codings is null || system.Length + code.Length + 1 > both.Length)
            return false;
        system.CopyTo(both);
        both[system.Length] = (byte)'|';
        code.CopyTo(both[(system.Length + 1)..]);
        return _codings.Find(both[..(system.Length + code.Length + 1)]) >= 0;
    }

    /// <summary>Whether a CodeableConcept without any coding breaks the binding; a maximum value set binds the codings there are.</summary>
    public bool NeedsCoding => _open != Open.Languages;
}
