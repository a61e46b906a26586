using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;
using PatientGrains.Synthetic.Sources;

namespace PatientGrains.Synthetic;

/// <summary>
/// The same people as several source systems know them: a hospital's own EHR (local), another hospital's (epic), a laboratory (lab). Each
/// has own ids, own record numbers, parts of the truth, and its own mistakes; what was planted is told, so that matching and
/// reconciliation can be scored. How often each mistake occurs is chosen so that a few hundred people show them all, not to match a
/// published error rate.
/// </summary>
public static class SyntheticSources
{
    /// <summary>
    /// Person i is the person of patient i of <see cref="SyntheticPopulation"/> with the same options; lazy, and dependent on (seed, i)
    /// alone.
    /// </summary>
    public static IEnumerable<SyntheticPerson> People(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Drawn(options, new CareDirectory(options.Seed));

        static IEnumerable<SyntheticPerson> Drawn(SyntheticOptions options, CareDirectory directory)
        {
            for (var i = 0; i < options.Patients; i++)
                yield return new SharedChart(options, directory, Course.Of(options, i)).Split();
        }
    }
}

/// <summary>One person, the two or three source records that are about it, and every difference that was planted between them.</summary>
public sealed record SyntheticPerson(int Index, IReadOnlyList<SourceRecord> Records, IReadOnlyList<PlantedDifference> Differences);

/// <summary>
/// What one source has of a person. Every resource is put by the source's own id; references are Type/id within the source.
/// </summary>
public sealed class SourceRecord
{
    /// <summary>Entries of one Bundle at most: what an EHR's interface sends in one go.</summary>
    public const int BundleSize = 100;

    private readonly Chart _chart;
    private readonly Rendering _rendering;

    internal SourceRecord(string source, Chart chart, Rendering rendering)
    {
        Source = source;
        _chart = chart;
        _rendering = rendering;
    }

    /// <summary>The source's slug: local, epic or lab.</summary>
    public string Source { get; }

    /// <summary>Patient.id in the source's id space.</summary>
    public string PatientId => _rendering.IdText(_chart.Index, 0);

    /// <summary>The record number that the source itself gave, and its system.</summary>
    public string RecordNumber => _chart.Person.RecordNumber;

    public string RecordNumberSystem => _rendering.RecordNumberSystem;

    /// <summary>The Patient and the rest, in order of time.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Resources() => ChartJson.Resources(_chart, _rendering);

    /// <summary>The same as transaction Bundles of at most <see cref="BundleSize"/> PUTs, to be sent in this order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Bundles() =>
        PutBundles.Of($"https://{Source}.example.org/fhir/", _chart, _rendering, BundleSize);
}

/// <summary>
/// A difference between two sources: what kind, which resource of which source shows it (Type/id in that source's ids), which resource of
/// which other source it is measured against, and the element. Resource is null when the source lacks what the other has.
/// </summary>
public sealed record PlantedDifference(
    DifferenceKind Kind, string Source, string? Resource, string OtherSource, string OtherResource, string Element);

/// <summary>The kinds of disagreement that are planted.</summary>
public enum DifferenceKind
{
    /// <summary>The family name with a letter lost, doubled, or two swapped.</summary>
    NameTypo,

    /// <summary>The short form of the given name (Bob for Robert).</summary>
    Nickname,

    /// <summary>The family and given names in capitals.</summary>
    Capitals,

    /// <summary>Day and month or two digits of the birth date exchanged.</summary>
    TransposedBirthDate,

    /// <summary>An earlier or later address.</summary>
    MovedAddress,

    /// <summary>An identifier, address or contact that the other source has and this one was never told.</summary>
    MissingDemographics,

    /// <summary>The same measurement in both, in different units.</summary>
    OtherUnits,

    /// <summary>The same measurement in both, under another id, value and unit alike.</summary>
    DuplicatedObservation,

    /// <summary>The same measurement in both, one of the values wrong by far more than rounding.</summary>
    ConflictingResult,

    /// <summary>One says active; the other says refuted, or that no allergy is known.</summary>
    ConflictingAllergy,

    /// <summary>A problem that only the other source lists.</summary>
    MissingCondition,

    /// <summary>Active in one, stopped in the other.</summary>
    ConflictingMedication,
}
