using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Sources;

/// <summary>How one system writes: its id space and shape, its record numbers, its units.</summary>
internal sealed record SourceSystem(string Slug, ulong Space, string IdPrefix)
{
    public bool OtherVitalUnits { get; init; }

    public bool OtherLabUnits { get; init; }

    public static readonly SourceSystem Local = new("local", 1, "");

    /// <summary>Weighs in pounds, measures in inches and degrees Fahrenheit.</summary>
    public static readonly SourceSystem Epic = new("epic", 2, "e") { OtherVitalUnits = true };

    /// <summary>Reports substance concentrations (mmol/L), as most of the world does.</summary>
    public static readonly SourceSystem Lab = new("lab", 3, "lab-") { OtherLabUnits = true };

    public string RecordNumberSystem => $"https://{Slug}.example.org/mrn";

    public Rendering Rendering(ulong seed, CareDirectory directory, IReadOnlySet<int> visits) => new(seed, directory)
    {
        Links = Links.Identified,
        Space = Space,
        IdPrefix = IdPrefix,
        RecordNumberSystem = RecordNumberSystem,
        OtherVitalUnits = OtherVitalUnits,
        OtherLabUnits = OtherLabUnits,
        Visits = visits,
    };
}
