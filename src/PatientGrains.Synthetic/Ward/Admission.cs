using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Ward;

/// <summary>Who is in the bed, since when, for how long, and what is going to happen: drawn first, before any hour is lived.</summary>
internal sealed class Admission
{
    /// <summary>An id space apart from those of the population and the sources.</summary>
    private const ulong Space = 4;

    private const int EncounterOrdinal = 1;

    public Admission(WardOptions options, CareDirectory directory, int index)
    {
        Rng = new Rng(options.Seed, Domain.Ward, (ulong)index);
        var people = new SyntheticOptions { Seed = options.Seed, ReferenceDate = options.StartDate };
        Person person;
        do
            person = Demography.Draw(Rng, people, index);
        while (person.AgeOn(options.StartDate) < 18);
        person = person with { RecordNumber = "W" + person.RecordNumber };
        AdmittedAt = options.StartDate.ToDateTime(TimeOnly.MinValue).AddMinutes(Rng.Below(60 * options.AdmissionHours));
        Hours = Rng.Between(24, options.Hours);
        if (Rng.Chance(options.SepsisShare))
            OnsetHour = Rng.Between(12, Hours - 6);
        Chart = new Chart { Index = index, Person = person, Home = Rng.Below(options.Units) };
        Rendering = new Rendering(options.Seed, directory) { Links = Links.Identified, Space = Space };
    }

    public Rng Rng { get; }

    public Chart Chart { get; }

    public Rendering Rendering { get; }

    public DateTime AdmittedAt { get; }

    public int Hours { get; }

    public int? OnsetHour { get; }

    /// <summary>Observations are numbered from here.</summary>
    public static int FirstOrdinal => EncounterOrdinal + 1;

    public static int Visit => EncounterOrdinal;

    public WardStay Stay()
    {
        var chart = new Chart { Index = Chart.Index, Person = Chart.Person, Home = Chart.Home };
        chart.Entries.Add(new VisitEntry(
            EncounterOrdinal, AdmittedAt, null, VisitKind.Inpatient, chart.Home * CareDirectory.PractitionersEach, null));
        return new WardStay(
            chart.Index,
            Rendering.IdText(chart.Index, 0),
            Rendering.IdText(chart.Index, EncounterOrdinal),
            new DateTimeOffset(AdmittedAt, Times.Offset),
            Hours,
            OnsetHour,
            PutBundles.Of("https://ward.example.org/fhir/", chart, Rendering, 2)[0]);
    }
}
