using System.Globalization;
using System.Text;
using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.Json;
using PatientGrains.Synthetic.Life;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Sources;

/// <summary>
/// Splits a chart among its sources. An entry keeps its ordinal in each, so two resources with one ordinal are the same fact; ids differ
/// because each source maps ordinals into an id space of its own.
/// </summary>
internal sealed class SharedChart
{
    private readonly SyntheticOptions _options;
    private readonly CareDirectory _directory;
    private readonly Chart _chart;
    private readonly Rng _rng;
    private readonly List<PlantedDifference> _planted = [];
    private readonly View _local, _epic, _lab;

    public SharedChart(SyntheticOptions options, CareDirectory directory, Chart chart)
    {
        _options = options;
        _directory = directory;
        _chart = chart;
        _rng = new Rng(options.Seed, Domain.Source, (ulong)chart.Index);
        _local = new View(SourceSystem.Local, []);
        _epic = new View(SourceSystem.Epic, []);
        _lab = new View(SourceSystem.Lab, []);
    }

    public SyntheticPerson Split()
    {
        var inEpic = _rng.Chance(0.8);
        var inLab = !inEpic || _rng.Chance(0.7);
        DealVisits(inEpic);
        foreach (var entry in _chart.Entries)
            Deal(entry, inEpic, inLab);
        var records = new List<SourceRecord> { Record(_local, _chart.Person with { RecordNumber = Number("L", 1) }) };
        if (inEpic)
            records.Add(Register(_epic, registration => registration.AtAnotherHospital(Number("E", 2))));
        if (inLab)
            records.Add(Register(_lab, registration => registration.AtTheLaboratory(Number("P", 3))));
        return new SyntheticPerson(_chart.Index, records, _planted);
    }

    /// <summary>Who was visited: mostly one hospital, sometimes the other hears of it too.</summary>
    private void DealVisits(bool inEpic)
    {
        foreach (var visit in _chart.Entries.OfType<VisitEntry>())
        {
            var where = inEpic ? _rng.Unit() : 0;
            if (where < 0.7)
                _local.Visits.Add(visit.Ordinal);
            if (where >= 0.5)
                _epic.Visits.Add(visit.Ordinal);
        }
    }

    private void Deal(Entry entry, bool inEpic, bool inLab)
    {
        switch (entry)
        {
            case AllergyEntry allergy:
                DealAllergy(allergy, inEpic);
                return;
            case ConditionEntry { Chronic: true } condition:
                DealProblem(condition, inEpic);
                return;
            case MedicationEntry { Status: MedicationStatus.Active } medication:
                DealMedication(medication, inEpic);
                return;
        }
        var local = _local.Visits.Contains(entry.Visit);
        var epic = _epic.Visits.Contains(entry.Visit);
        if (local)
            _local.Add(entry);
        if (epic)
            _epic.Add(local ? Copied(entry) : entry);
        // The laboratory made every result and report; here it keeps those of four visits in five.
        if (inLab && entry is LabEntry or ReportEntry && LaboratoryKept(entry.Visit))
            DealLaboratory(entry, local ? _local : _epic);
    }

    private bool LaboratoryKept(int visit) => Rng.Mix(Rng.Mix(_options.Seed + (ulong)_chart.Index) + (ulong)visit) % 5 != 0;

    /// <summary>What the other hospital copied from the first: the same, or wrong in the value once in twenty-five.</summary>
    private Entry Copied(Entry entry)
    {
        switch (entry)
        {
            case LabEntry lab when _rng.Chance(0.04):
                Plant(DifferenceKind.ConflictingResult, _epic, entry, _local, "Observation.valueQuantity.value");
                return lab with { Value = Garbled(lab) };
            case VitalEntry { Vital.Other: not null }:
                Plant(DifferenceKind.OtherUnits, _epic, entry, _local, "Observation.valueQuantity");
                return entry;
            case VitalEntry or LabEntry or PressureEntry or SmokingEntry:
                Plant(DifferenceKind.DuplicatedObservation, _epic, entry, _local, "Observation");
                return entry;
            default:
                return entry;
        }
    }

    /// <summary>Keyed in wrong: half as much again, which no rounding or conversion explains.</summary>
    private static decimal Garbled(LabEntry lab)
    {
        var decimals = lab.Analyte.Scale.Decimals;
        return PortableMath.Round(lab.Value * 1.5m + new decimal(1, 0, 0, false, (byte)decimals), decimals);
    }

    private void DealLaboratory(Entry entry, View other)
    {
        _lab.Add(entry);
        if (entry is LabEntry { Analyte: var analyte })
        {
            Plant(analyte.Other is null ? DifferenceKind.DuplicatedObservation : DifferenceKind.OtherUnits, _lab, entry, other,
                "Observation.valueQuantity");
        }
    }

    private void DealAllergy(AllergyEntry entry, bool inEpic)
    {
        _local.Add(entry);
        if (!inEpic)
            return;
        if (entry.Allergen is null)
        {
            if (_rng.Chance(0.8))
            {
                _epic.Add(entry);
                return;
            }
            _epic.Add(entry with { Allergen = Allergen.Penicillin });
            Plant(DifferenceKind.ConflictingAllergy, _epic, entry, _local, "AllergyIntolerance.code");
            return;
        }
        var refuted = _rng.Chance(0.4);
        _epic.Add(entry with { Refuted = refuted });
        if (refuted)
            Plant(DifferenceKind.ConflictingAllergy, _epic, entry, _local, "AllergyIntolerance.verificationStatus");
    }

    private void DealProblem(ConditionEntry entry, bool inEpic)
    {
        _local.Add(entry);
        if (!inEpic)
            return;
        if (_rng.Chance(0.8))
            _epic.Add(entry);
        else
            _planted.Add(
                new(DifferenceKind.MissingCondition, _epic.System.Slug, null, _local.System.Slug, Name(_local, entry), "Condition"));
    }

    private void DealMedication(MedicationEntry entry, bool inEpic)
    {
        _local.Add(entry);
        if (!inEpic || !_rng.Chance(0.8))
            return;
        var stopped = _rng.Chance(0.15);
        var reason = _epic.Holds(entry.Reason) ? entry.Reason : 0;
        _epic.Add(entry with { Reason = reason, Status = stopped ? MedicationStatus.Stopped : MedicationStatus.Active });
        if (stopped)
            Plant(DifferenceKind.ConflictingMedication, _epic, entry, _local, "MedicationRequest.status");
    }

    private SourceRecord Register(View view, Func<Registration, People.Person> at)
    {
        var registration = new Registration(_rng, _chart.Person, _options);
        var person = at(registration);
        foreach (var (kind, element) in registration.Mistakes)
            Plant(kind, view, null, _local, element);
        return Record(view, person);
    }

    private SourceRecord Record(View view, People.Person person)
    {
        var chart = new Chart { Index = _chart.Index, Person = person, Home = _chart.Home };
        chart.Entries.AddRange(view.Entries);
        return new SourceRecord(view.System.Slug, chart, view.System.Rendering(_options.Seed, _directory, view.Visits));
    }

    private void Plant(DifferenceKind kind, View view, Entry? entry, View other, string element) =>
        _planted.Add(new(kind, view.System.Slug, Name(view, entry), other.System.Slug, Name(other, entry), element));

    private string Name(View view, Entry? entry)
    {
        var rendering = view.System.Rendering(_options.Seed, _directory, view.Visits);
        return $"{Encoding.ASCII.GetString(ChartJson.TypeOf(entry))}/{rendering.IdText(_chart.Index, entry?.Ordinal ?? 0)}";
    }

    private string Number(string prefix, ulong space) => string.Create(
        CultureInfo.InvariantCulture, $"{prefix}{Ids.Of(_options.Seed, space, (ulong)_chart.Index, -1):N}")[..13].ToUpperInvariant();

    /// <summary>One source's share while it is dealt.</summary>
    private sealed class View(SourceSystem system, HashSet<int> visits)
    {
        private readonly HashSet<int> _ordinals = [];

        public SourceSystem System { get; } = system;

        public HashSet<int> Visits { get; } = visits;

        public List<Entry> Entries { get; } = [];

        public void Add(Entry entry)
        {
            _ordinals.Add(entry.Ordinal);
            Entries.Add(entry);
        }

        public bool Holds(int ordinal) => _ordinals.Contains(ordinal);
    }
}
