namespace PatientGrains.Fhir.Schema;

/// <summary>
/// A constraint of the standard on one object, as far as it asks only which elements are there and what its code, boolean and number
/// elements are:
/// those compile to a tree that is evaluated when the object ends. The others are the scanner's own code, or are not checked (the README
/// says which).
/// </summary>
internal sealed class Invariant(string key, string expression, string human)
{
    public string Key { get; } = key;
    public string Expression { get; } = expression;
    public string Human { get; } = human;
    public Condition? Test { get; private set; }

    /// <summary>Constraints that the scanner checks in code: an expression that compiles here would check them twice.</summary>
    private static readonly string[] _inCode =
        ["ext-1", "ref-1", "per-1", "rng-2", "dom-2", "dom-3", "dom-4", "dom-5", "txt-1", "txt-2", "bdl-1", "bdl-9", "bdl-10"];

    public bool TryCompile(TypeDef type)
    {
        if (_inCode.Contains(Key))
            return false;
        Test = InvariantParser.Parse(Expression, type);
        return Test is not null;
    }
}

/// <summary>What a condition can see of an object: which slots are filled, how often, and the text of captures.</summary>
internal readonly ref struct ObjectFacts(ulong present, ReadOnlySpan<int> counts, ReadOnlySpan<int> chosen,
    ReadOnlySpan<Capture> captures, ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<int> _counts = counts;
    private readonly ReadOnlySpan<int> _chosen = chosen;
    private readonly ReadOnlySpan<Capture> _captures = captures;
    private readonly ReadOnlySpan<byte> _data = data;

    public bool Has(int slot) => (present & (1UL << slot)) != 0;

    public int Count(int slot) => Has(slot) ? _counts[slot] : 0;

    /// <summary>Index of the property that a choice was sent as; meaningful when its slot is filled.</summary>
    public int Chosen(int choice) => _chosen[choice];

    public ReadOnlySpan<byte> Text(int capture) => _data.Slice(_captures[capture].Offset, _captures[capture].Length);
}

/// <summary>Where a member's value stands; inside the quotes for a string. Length 0 when it was not there.</summary>
internal readonly record struct Capture(int Offset, int Length);
