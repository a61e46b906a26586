using System.Collections.Frozen;
using System.Text;
using PatientGrains.Core.Screening;

namespace PatientGrains.Fhir.Findings;

/// <summary>Code systems by the URIs that FHIR gives them (R4 4.3.0.1).</summary>
internal static class CodeSystems
{
    public static ReadOnlySpan<byte> Loinc => "http://loinc.org"u8;
    public static ReadOnlySpan<byte> Snomed => "http://snomed.info/sct"u8;
    public static ReadOnlySpan<byte> RxNorm => "http://www.nlm.nih.gov/research/umls/rxnorm"u8;
    public static ReadOnlySpan<byte> Atc => "http://www.whocc.no/atc"u8;
    public static ReadOnlySpan<byte> Ucum => "http://unitsofmeasure.org"u8;
}

/// <summary>The codings of a CodeableConcept.</summary>
internal ref struct Codings
{
    private JsonItems _items;

    /// <param name="concept">The CodeableConcept as JSON.</param>
    public Codings(ReadOnlySpan<byte> concept)
    {
        var members = new JsonMembers(concept);
        while (members.Next())
        {
            if (members.Is("coding"u8))
                _items = new JsonItems(members.Value);
        }
    }

    public ReadOnlySpan<byte> System { get; private set; }

    public ReadOnlySpan<byte> Code { get; private set; }

    public bool Next()
    {
        if (!_items.Next())
            return false;
        System = Code = default;
        var members = new JsonMembers(_items.Current);
        while (members.Next())
        {
            if (members.Is("system"u8))
                System = JsonBytes.Text(members.Value);
            else if (members.Is("code"u8))
                Code = JsonBytes.Text(members.Value);
        }
        return true;
    }
}

/// <summary>Codes that mean something, found by their bytes without making strings of them.</summary>
internal sealed class CodeTable<T>(IEnumerable<KeyValuePair<string, T>> meanings) where T : struct
{
    /// <summary>SNOMED CT identifiers have 18 digits at most, codes of the other systems fewer characters.</summary>
    private const int MaxLength = 18;

    private readonly FrozenDictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> _meanings =
        meanings.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public T? Find(ReadOnlySpan<byte> code)
    {
        Span<char> text = stackalloc char[MaxLength];
        if (code.Length > MaxLength || Ascii.ToUtf16(code, text, out int length) != System.Buffers.OperationStatus.Done)
            return null;
        return _meanings.TryGetValue(text[..length], out var meaning) ? meaning : null;
    }
}

/// <summary>What an observation's or component's code says that it is.</summary>
/// <param name="Variable">The variable, or null.</param>
/// <param name="IsCulture">A sample was taken for culture.</param>
/// <param name="Sums24Hours">LOINC's time aspect 24H.</param>
/// <param name="NamesVentilator">What is measured is the setting of a ventilator.</param>
internal readonly record struct Subject(Variable? Variable, bool IsCulture = false, bool Sums24Hours = false, bool NamesVentilator = false)
{
    private static readonly CodeTable<Subject> ByLoinc = new(
    [
        .. Variables.Definitions.SelectMany(d => d.Loinc.Select(code => KeyValuePair.Create(code, OfLoinc(d.Variable, code)))),
        .. CultureCodes.Tests.Select(code => KeyValuePair.Create(code, new Subject(null, IsCulture: true))),
    ]);

    /// <summary>Questions for which no LOINC code is in use. SNOMED CT: patient on oxygen, as NEWS2 is charted in FHIR.</summary>
    private static readonly CodeTable<Subject> BySnomed =
        new([KeyValuePair.Create("371825009", new Subject(Core.Screening.Variable.SupplementalOxygen))]);

    /// <summary>The codes mean different variables.</summary>
    public bool IsAmbiguous { get; private init; }

    /// <summary>Anything that screening looks at.</summary>
    public bool IsKnown => Variable is not null || IsCulture;

    public static Subject Of(ReadOnlySpan<byte> concept)
    {
        Subject subject = default;
        var codings = new Codings(concept);
        while (codings.Next())
        {
            var found = codings.System.SequenceEqual(CodeSystems.Loinc) ? ByLoinc.Find(codings.Code)
                : codings.System.SequenceEqual(CodeSystems.Snomed) ? BySnomed.Find(codings.Code)
                : null;
            if (found is { } known)
                subject = subject.IsKnown ? subject.And(known) : known;
        }
        return subject;
    }

    private Subject And(Subject other) => new(
        Variable ?? other.Variable,
        IsCulture || other.IsCulture,
        Sums24Hours || other.Sums24Hours,
        NamesVentilator || other.NamesVentilator)
    {
        IsAmbiguous = IsAmbiguous || (Variable is not null && other.Variable is not null && Variable != other.Variable),
    };

    private static Subject OfLoinc(Variable variable, string code) => new(
        variable,
        // 24 hour urine output, and volume of 24 hour urine.
        Sums24Hours: code is "9192-6" or "3167-4",
        // Oxygen/Inspired gas setting [Volume Fraction] Ventilator.
        NamesVentilator: code == "19994-3");
}
