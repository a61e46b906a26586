using System.Reflection;
using System.Text;

namespace PatientGrains.Fhir.Ucum;

/// <summary>The prefixes and unit atoms of UCUM, read once from the generated table, each resolved down to base units.</summary>
internal sealed class UnitTable
{
    private static readonly Lazy<UnitTable> _instance = new(Load);

    private readonly Dictionary<string, Rational> _prefixes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (UcumUnit Unit, bool IsMetric)> _atoms = new(StringComparer.Ordinal);

    public static UnitTable Instance => _instance.Value;

    public IEnumerable<string> Atoms => _atoms.Keys;

    /// <summary>A unit atom with or without prefix, as the symbol is written; null when there is none.</summary>
    public UcumUnit? Find(ReadOnlySpan<char> symbol)
    {
        string whole = symbol.ToString();
        // A symbol that is an atom by itself is never read as a prefix and an atom: cd is the candela, not a hundredth of a day.
        if (_atoms.TryGetValue(whole, out var atom))
            return atom.Unit;
        for (int length = 1; length <= 2 && length < whole.Length; length++)
        {
            if (_prefixes.TryGetValue(whole[..length], out var prefix) && _atoms.TryGetValue(whole[length..], out atom) && atom.IsMetric)
                return new UcumUnit { Factor = prefix }.Times(atom.Unit);
        }
        return null;
    }

    private static UnitTable Load()
    {
        using var file = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("ucum.txt")!, Encoding.UTF8);
        var table = new UnitTable();
        var waiting = new List<string[]>();
        while (file.ReadLine() is { } line)
        {
            string[] fields = line.Split('\t');
            if (fields[0] == "prefix")
                table._prefixes.Add(fields[1], Rational.Parse(fields[2]));
            else if (fields[0] == "base")
                table._atoms.Add(fields[1], (UcumUnit.Base(fields[1]), true));
            else if (fields[0] is "unit" or "special")
                waiting.Add(fields);
        }
        table.Resolve(waiting);
        return table;
    }

    /// <summary>Definitions name units that come before or after them.</summary>
    private void Resolve(List<string[]> waiting)
    {
        while (waiting.Count > 0)
        {
            int before = waiting.Count;
            waiting.RemoveAll(fields =>
            {
                if (Define(fields) is not { } unit)
                    return false;
                _atoms.Add(fields[1], (unit, fields[2].Contains('m', StringComparison.Ordinal)));
                return true;
            });
            if (waiting.Count == before)
                throw new InvalidDataException($"The unit table defines {waiting[0][1]} by what it does not define.");
        }
    }

    private UcumUnit? Define(string[] fields)
    {
        var definition = UnitParser.Parse(fields[^1], this);
        if (definition is null)
            return null;
        var scaled = new UcumUnit { Factor = Rational.Parse(fields[^2]) }.Times(definition)!;
        if (fields[0] == "special")
        {
            return new UcumUnit
            {
                Powers = scaled.Powers,
                Special = new SpecialScale(fields[3], scaled.Factor, Rational.One),
            };
        }
        bool isArbitrary = fields[2].Contains('a', StringComparison.Ordinal) && scaled.Powers.IsEmpty;
        return isArbitrary ? UcumUnit.Base(fields[1]) : scaled.Counting(fields[1]);
    }
}
