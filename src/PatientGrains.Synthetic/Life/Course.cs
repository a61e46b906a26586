using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>Lives a person's years of visits and writes the chart. One stream of chance per person, drawn in a fixed order.</summary>
internal sealed class Course
{
    private static readonly Concept CurrentSmoker = Concept.Of(Concept.Snomed, "449868002", "Smokes tobacco daily");
    private static readonly Concept ExSmoker = Concept.Of(Concept.Snomed, "8517006", "Ex-smoker");
    private static readonly Concept NeverSmoker = Concept.Of(Concept.Snomed, "266919005", "Never smoked tobacco");

    private readonly Rng _rng;
    private readonly SyntheticOptions _options;
    private readonly Chart _chart;
    private readonly Traits _traits;
    private readonly Physiology _body;
    private readonly Laboratory _laboratory;
    private readonly Preventive _preventive;
    private int _lastPanelYear;

    private Course(SyntheticOptions options, int index)
    {
        _options = options;
        _rng = new Rng(options.Seed, Domain.Patient, (ulong)index);
        var person = Demography.Draw(_rng, options, index);
        _chart = new Chart { Index = index, Person = person, Home = _rng.Below(CareDirectory.Organizations) };
        _traits = Traits.Draw(_rng, person, options.ReferenceDate);
        _body = new Physiology(_rng, person, _traits);
        _laboratory = new Laboratory(_rng, person, _traits, _body, _chart);
        _preventive = new Preventive(_rng, person, _chart);
    }

    public static Chart Of(SyntheticOptions options, int index)
    {
        var course = new Course(options, index);
        course.Live();
        return course._chart;
    }

    private void Live()
    {
        var told = new HashSet<Diagnosis>();
        var first = true;
        foreach (var planned in new VisitPlan(_rng, _chart.Person, _traits, _options).All())
        {
            var visit = Open(planned);
            if (first)
                Allergies(visit);
            Diagnose(visit, told);
            Attend(visit, planned);
            first = false;
        }
    }

    private VisitEntry Open(PlannedVisit planned)
    {
        var minutes = planned.Kind switch
        {
            VisitKind.Inpatient => _rng.Between(1, 7) * 1440 + _rng.Between(-300, 300),
            VisitKind.Emergency => _rng.Between(90, 480),
            VisitKind.Checkup => 5 * _rng.Between(11, 16),
            _ => 5 * _rng.Between(7, 10),
        };
        var practitioner = _chart.Home * CareDirectory.PractitionersEach + _rng.Below(CareDirectory.PractitionersEach);
        var visit = new VisitEntry(
            _chart.NextOrdinal, planned.At, planned.At.AddMinutes(minutes), planned.Kind, practitioner, planned.Complaint?.Diagnosis.Code);
        _chart.Entries.Add(visit);
        return visit;
    }

    private void Attend(VisitEntry visit, PlannedVisit planned)
    {
        switch (planned.Kind)
        {
            case VisitKind.Checkup:
                Vitals(visit, 0, full: true);
                if (_body.AgeInYears(visit.At) >= 18)
                    Smoking(visit);
                _preventive.Care(visit);
                Bloods(visit);
                break;
            case VisitKind.FollowUp:
                Vitals(visit, 0, full: false);
                Monitor(visit);
                break;
            case VisitKind.Complaint:
                Treat(visit, planned.Complaint!);
                break;
            case VisitKind.Emergency:
                Emergency(visit);
                break;
            default:
                Admission(visit);
                break;
        }
    }

    private void Vitals(VisitEntry visit, double feverCel, bool full)
    {
        var at = visit.At.AddMinutes(5);
        if (full)
        {
            var height = _body.HeightCm(at);
            var weight = _body.WeightKg(at, height);
            Vital(visit, at, Clinic.Vital.Height, height);
            Vital(visit, at, Clinic.Vital.Weight, weight);
            if (_body.AgeInYears(at) >= 2)
                Vital(visit, at, Clinic.Vital.MassIndex, Physiology.MassIndex(weight, height));
        }
        if (_body.AgeInYears(at) >= 3)
        {
            var (systolic, diastolic) = _body.Pressure(at);
            _chart.Entries.Add(new PressureEntry(_chart.NextOrdinal, visit.Ordinal, at, systolic, diastolic));
        }
        Vital(visit, at, Clinic.Vital.HeartRate, _body.HeartRate(at, feverCel));
        if (full || feverCel > 0)
        {
            Vital(visit, at, Clinic.Vital.RespiratoryRate, _body.RespiratoryRate(at, feverCel));
            Vital(visit, at, Clinic.Vital.Temperature, _body.Temperature(feverCel));
            Vital(visit, at, Clinic.Vital.OxygenSaturation, _body.OxygenSaturation());
        }
    }

    private void Vital(VisitEntry visit, DateTime at, Vital vital, decimal value) =>
        _chart.Entries.Add(new VitalEntry(_chart.NextOrdinal, visit.Ordinal, at, vital, value));

    private void Smoking(VisitEntry visit)
    {
        var status = _traits.Smoker ? CurrentSmoker : _traits.FormerSmoker ? ExSmoker : NeverSmoker;
        _chart.Entries.Add(new SmokingEntry(_chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(5), status));
    }

    /// <summary>Panels once a calendar year from forty or with a chronic condition, now and then before.</summary>
    private void Bloods(VisitEntry visit)
    {
        var age = _body.AgeInYears(visit.At);
        if (visit.At.Year == _lastPanelYear || age < 18 || !(age >= 40 || _traits.Chronic.Count > 0 || _rng.Chance(0.3)))
            return;
        _lastPanelYear = visit.At.Year;
        _laboratory.Metabolic(visit);
        _laboratory.BloodCount(visit, infected: false);
        if (age >= 35)
            _laboratory.Lipids(visit);
        if (age >= 45 || _traits.AdultMassIndex >= 30)
            _laboratory.GlycatedHemoglobin(visit);
        if (_rng.Chance(0.3))
            _laboratory.Hepatic(visit);
    }

    private void Monitor(VisitEntry visit)
    {
        if (_traits.Has(Diagnosis.Diabetes))
            _laboratory.GlycatedHemoglobin(visit);
        if (_traits.Has(Diagnosis.Hypothyroidism))
            _laboratory.Thyrotropin(visit);
        if (_traits.Has(Diagnosis.KidneyDisease) || _traits.Has(Diagnosis.HeartFailure))
            _laboratory.Metabolic(visit);
        if (_traits.Has(Diagnosis.Hyperlipidemia) && _rng.Chance(0.3))
            _laboratory.Lipids(visit);
        if (_traits.Has(Diagnosis.AtrialFibrillation))
            Procedure(visit, Intervention.Electrocardiogram, 10);
        if (_traits.Has(Diagnosis.Copd) && _rng.Chance(0.4))
            Procedure(visit, Intervention.Spirometry, 20);
    }

    private void Treat(VisitEntry visit, Complaint complaint)
    {
        var fever = complaint.FeverCel * _rng.Unit();
        Vitals(visit, fever, full: false);
        var condition = Condition(visit, complaint.Diagnosis, DateOnly.FromDateTime(visit.At).AddDays(-_rng.Below(4)), _rng.Between(4, 14));
        if (complaint.FeverCel >= 0.8 && _rng.Chance(0.3))
            _laboratory.CReactiveProtein(visit, infected: true);
        if (complaint.Treatment is { } treatment && _rng.Chance(0.8))
            Prescribe(visit, treatment, condition, MedicationStatus.Completed);
    }

    private void Emergency(VisitEntry visit)
    {
        Vitals(visit, 0.4, full: false);
        if (_rng.Chance(0.35))
        {
            Condition(visit, Diagnosis.Laceration, DateOnly.FromDateTime(visit.At), 14);
            Procedure(visit, Intervention.WoundSuture, 25);
            return;
        }
        _laboratory.Metabolic(visit);
        _laboratory.BloodCount(visit, infected: true);
        _laboratory.Lactate(visit);
        Procedure(visit, _rng.Chance(0.5) ? Intervention.Electrocardiogram : Intervention.ChestXray, 10);
    }

    private void Admission(VisitEntry visit)
    {
        var appendix = _body.AgeInYears(visit.At) < 45 && _rng.Chance(0.6);
        Vitals(visit, 1.2, full: true);
        var condition = Condition(
            visit, appendix ? Diagnosis.Appendicitis : Diagnosis.Pneumonia, DateOnly.FromDateTime(visit.At).AddDays(-1), 14);
        _laboratory.Metabolic(visit);
        _laboratory.BloodCount(visit, infected: true);
        _laboratory.CReactiveProtein(visit, infected: true);
        _laboratory.Lactate(visit);
        Procedure(visit, appendix ? Intervention.Appendectomy : Intervention.ChestXray, appendix ? 70 : 10);
        Prescribe(visit, Medication.Coamoxiclav, condition, MedicationStatus.Completed);
    }

    /// <summary>What has begun since the last visit goes on the problem list, with its treatment.</summary>
    private void Diagnose(VisitEntry visit, HashSet<Diagnosis> told)
    {
        foreach (var chronic in _traits.Chronic)
        {
            if (chronic.Onset > DateOnly.FromDateTime(visit.At) || !told.Add(chronic.Diagnosis))
                continue;
            var condition = Condition(visit, chronic.Diagnosis, chronic.Onset, null);
            if (chronic.Treatment is { } treatment && _rng.Chance(0.85))
                Prescribe(visit, treatment, condition, _rng.Chance(0.9) ? MedicationStatus.Active : MedicationStatus.Stopped);
        }
    }

    private void Allergies(VisitEntry visit)
    {
        var any = _rng.Chance(0.10);
        if (any)
            _chart.Entries.Add(new AllergyEntry(_chart.NextOrdinal, visit.Ordinal, visit.At, Allergen.Penicillin));
        foreach (var (allergen, share) in Allergen.Others)
        {
            if (!_rng.Chance(share))
                continue;
            _chart.Entries.Add(new AllergyEntry(_chart.NextOrdinal, visit.Ordinal, visit.At, allergen));
            any = true;
        }
        if (!any)
            _chart.Entries.Add(new AllergyEntry(_chart.NextOrdinal, visit.Ordinal, visit.At, null));
    }

    private int Condition(VisitEntry visit, Diagnosis diagnosis, DateOnly onset, int? days)
    {
        var ordinal = _chart.NextOrdinal;
        var begun = onset < _chart.Person.BirthDate ? _chart.Person.BirthDate : onset;
        DateOnly? abated = days is { } count ? DateOnly.FromDateTime(visit.At).AddDays(count) : null;
        _chart.Entries.Add(new ConditionEntry(ordinal, visit.Ordinal, visit.At, diagnosis, begun, abated));
        return ordinal;
    }

    private void Prescribe(VisitEntry visit, Medication medication, int reason, MedicationStatus status) => _chart.Entries.Add(
        new MedicationEntry(_chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(10), medication, reason, status));

    private void Procedure(VisitEntry visit, Concept procedure, int minutes) => _chart.Entries.Add(
        new ProcedureEntry(_chart.NextOrdinal, visit.Ordinal, visit.At.AddMinutes(12), procedure, minutes));
}
