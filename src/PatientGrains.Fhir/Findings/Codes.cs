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

    private readonly FrozenDictionary<string, T> _meanings = meanings.ToFrozenDictionary(StringComparer.Ordinal);

    public T? Find(ReadOnlySpan<byte> code)
    {
        Span<char> text = stackalloc char[MaxLength];
        if (code.Length > MaxLength || !Ascii.IsValid(code))
            return null;
        Encoding.ASCII.GetChars(code, text);
        return _meanings.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text[..code.Length], out var meaning) ? meaning : null;
    }
}

/// <summary>What an observation's or component's code says that it is.</summary>
internal readonly record struct Subject(Variable? Variable, bool IsAmbiguous, bool IsCulture, bool Sums24Hours, bool NamesVentilator)
{
    private static readonly CodeTable<Variable> ByLoinc = new(
        Variables.Definitions.SelectMany(d => d.Loinc.Select(code => KeyValuePair.Create(code, d.Variable))));

    /// <summary>Anything that screening looks at.</summary>
    public bool IsKnown => Variable is not null || IsCulture;

    public static Subject Of(ReadOnlySpan<byte> concept)
    {
        Subject subject = default;
        var codings = new Codings(concept);
        while (codings.Next())
        {
            if (!codings.System.SequenceEqual(CodeSystems.Loinc))
                continue;
            var variable = ByLoinc.Find(codings.Code);
            subject = new Subject(
                subject.Variable ?? variable,
                subject.IsAmbiguous || (variable is not null && subject.Variable is not null && variable != subject.Variable),
                subject.IsCulture || CultureCodes.IsCulture(codings.Code),
                // LOINC's time aspect 24H: 24 hour urine output, and volume of 24 hour urine.
                subject.Sums24Hours || codings.Code.SequenceEqual("9192-6"u8) || codings.Code.SequenceEqual("3167-4"u8),
                // Oxygen/Inspired gas setting [Volume Fraction] Ventilator.
                subject.NamesVentilator || codings.Code.SequenceEqual("19994-3"u8));
        }
        return subject;
    }
}
