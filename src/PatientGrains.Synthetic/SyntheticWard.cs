using PatientGrains.Synthetic.People;
using PatientGrains.Synthetic.Ward;

namespace PatientGrains.Synthetic;

/// <summary>
/// Which ward to draw. Values out of their limits throw <see cref="ArgumentOutOfRangeException"/> with the option's name when they are set.
/// </summary>
public sealed record WardOptions
{
    public const int MaxStays = 100_000;

    /// <summary>Two weeks: longer stays are rare on a ward that is watched by the hour.</summary>
    public const int MaxHours = 336;

    public ulong Seed { get; init; } = 1;

    /// <summary>How many stays, 0 to <see cref="MaxStays"/>; about 2 KB of memory each while they are replayed.</summary>
    public int Stays { get; init => field = Limits.Within(value, 0, MaxStays); } = 100;

    /// <summary>The longest stay in hours, 24 to <see cref="MaxHours"/>; the shortest has 24.</summary>
    public int Hours { get; init => field = Limits.Within(value, 24, MaxHours); } = 96;

    /// <summary>Within how many hours of the first day all stays begin, 1 to 168.</summary>
    public int AdmissionHours { get; init => field = Limits.Within(value, 1, 168); } = 24;

    /// <summary>
    /// The share of stays that deteriorate to sepsis, 0 to 1. The default is that of the PhysioNet/CinC Challenge 2019: 2,932 of 40,336
    /// intensive care patients (Reyna et al., Crit Care Med 2020;48:210-217).
    /// </summary>
    public double SepsisShare { get; init => field = Limits.Within(value, 0.0, 1.0); } = 0.0727;

    /// <summary>The share of laboratory results that are revised later, 0 to 0.5; the default is chosen to be plausible.</summary>
    public double RevisionShare { get; init => field = Limits.Within(value, 0.0, 0.5); } = 0.01;

    /// <summary>Over how many units the stays are spread, 1 to 8: the location of the stay's encounter.</summary>
    public int Units { get; init => field = Limits.Within(value, 1, CareDirectory.Organizations); } = CareDirectory.Organizations;

    /// <summary>The day of the first admission.</summary>
    public DateOnly StartDate
    {
        get;
        init => field = Limits.Within(value, new DateOnly(1990, 1, 1), new DateOnly(2100, 1, 1));
    } = new(2025, 12, 1);
}

/// <summary>
/// Inpatient stays hour by hour, with vital signs and laboratory results as FHIR R4 Observations; some deteriorate to sepsis, and are then
/// cultured (DiagnosticReport) and given an antibiotic (MedicationAdministration).
/// </summary>
public static class SyntheticWard
{
    /// <summary>
    /// Who is admitted and what will become of them; stay i depends on the seed, the options other than their number, and i.
    /// </summary>
    public static IEnumerable<WardStay> Stays(WardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Drawn(options, new CareDirectory(options.Seed));

        static IEnumerable<WardStay> Drawn(WardOptions options, CareDirectory directory)
        {
            for (var i = 0; i < options.Stays; i++)
                yield return new Admission(options, directory, i).Stay();
        }
    }

    /// <summary>
    /// What is sent of all stays, in the order in which it would have been, by time and then by patient. An observation that is
    /// revised comes again, later, under the same id. Lazy; the clock of a replay is the caller's.
    /// </summary>
    public static IEnumerable<WardEvent> Replay(WardOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return WardReplay.Merged(options);
    }
}

/// <summary>
/// One stay and its truth. Registration is a transaction Bundle of PUTs by id, the Patient and the Encounter in progress, to be sent
/// before the stay's observations. OnsetHour counts from the admission and is null when the stay does not turn septic: vital signs begin
/// to drift about eight hours before it and are at their worst four hours after.
/// </summary>
public sealed record WardStay(
    int Patient,
    string PatientId,
    string EncounterId,
    DateTimeOffset AdmittedAt,
    int Hours,
    int? OnsetHour,
    ReadOnlyMemory<byte> Registration);

/// <summary>A resource as it is sent at a time; Revised when it replaces one that was sent before under the same id.</summary>
public readonly record struct WardEvent(
    DateTimeOffset At, int Patient, string Type, string Id, bool Revised, ReadOnlyMemory<byte> Resource);
