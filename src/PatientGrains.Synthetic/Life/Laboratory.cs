using PatientGrains.Synthetic.Chance;
using PatientGrains.Synthetic.Clinic;
using PatientGrains.Synthetic.People;

namespace PatientGrains.Synthetic.Life;

/// <summary>Draws blood at a visit and files the results, panels with a report over them.</summary>
internal sealed class Laboratory(Rng rng, Person person, Traits traits, Physiology body, Chart chart)
{
    public void Metabolic(VisitEntry visit)
    {
        var at = visit.At.AddMinutes(15);
        var issued = Issued(at);
        var first = chart.NextOrdinal;
        var creatinine = body.Creatinine();
        var diseased = traits.Has(Diagnosis.KidneyDisease);
        File(visit, at, issued, Analyte.Sodium, body.Healthy(Analyte.Sodium));
        File(visit, at, issued, Analyte.Potassium, body.Around(Analyte.Potassium, diseased ? 4.7 : 4.2, 0.3, 3.2, 6.0));
        File(visit, at, issued, Analyte.Chloride, body.Healthy(Analyte.Chloride));
        File(visit, at, issued, Analyte.Bicarbonate, body.Healthy(Analyte.Bicarbonate));
        File(visit, at, issued, Analyte.UreaNitrogen, body.Around(Analyte.UreaNitrogen, (double)creatinine * 15, 2.5, 6, 60));
        File(visit, at, issued, Analyte.Creatinine, creatinine);
        File(visit, at, issued, Analyte.Glucose, body.Glucose(body.GlycatedHemoglobin(at)));
        File(visit, at, issued, Analyte.Calcium, body.Healthy(Analyte.Calcium));
        var age = person.AgeOn(DateOnly.FromDateTime(at));
        if (age >= 18)
            File(visit, at, issued, Analyte.FiltrationRate, Physiology.FiltrationRate(creatinine, person.Female, age));
        Report(visit, at, issued, Panel.Metabolic, first);
    }

    /// <summary>Haematocrit, cell counts and indices from the haemoglobin, as the analyser computes them.</summary>
    public void BloodCount(VisitEntry visit, bool infected)
    {
        var at = visit.At.AddMinutes(15);
        var issued = Issued(at);
        var first = chart.NextOrdinal;
        var hemoglobin = body.Around(Analyte.Hemoglobin, person.Female ? 13.6 : 15.1, person.Female ? 0.9 : 1.0, 8.5, 18.5);
        var concentration = body.Around(Analyte.CellHemoglobinConcentration, 33.8, 0.6, 31, 36.5);
        var volume = body.Around(Analyte.CellVolume, 89.5, 4, 72, 106);
        var hematocrit = PortableMath.Round(hemoglobin * 100 / concentration, 1);
        var erythrocytes = PortableMath.Round(hematocrit * 10 / volume, 2);
        File(visit, at, issued, Analyte.Leukocytes, body.Around(Analyte.Leukocytes, infected ? 12.5 : 7.0, infected ? 2.5 : 1.4, 2.5, 28));
        File(visit, at, issued, Analyte.Erythrocytes, erythrocytes);
        File(visit, at, issued, Analyte.Hemoglobin, hemoglobin);
        File(visit, at, issued, Analyte.Hematocrit, hematocrit);
        File(visit, at, issued, Analyte.CellVolume, volume);
        File(visit, at, issued, Analyte.CellHemoglobin, PortableMath.Round(hemoglobin * 10 / erythrocytes, 1));
        File(visit, at, issued, Analyte.CellHemoglobinConcentration, concentration);
        File(visit, at, issued, Analyte.Platelets, body.Healthy(Analyte.Platelets));
        Report(visit, at, issued, Panel.BloodCount, first);
    }

    /// <summary>LDL by W. Friedewald's formula (Clin Chem 1972;18:499-502): total - HDL - triglycerides / 5, below 400 mg/dL.</summary>
    public void Lipids(VisitEntry visit)
    {
        var at = visit.At.AddMinutes(15);
        var issued = Issued(at);
        var first = chart.NextOrdinal;
        var high = traits.Has(Diagnosis.Hyperlipidemia);
        var total = body.Around(Analyte.Cholesterol, high ? 218 : 183, high ? 32 : 24, 110, 340);
        var triglycerides = body.Around(Analyte.Triglycerides, traits.AdultMassIndex >= 30 ? 150 : 102, 35, 40, 390);
        var density = body.Around(Analyte.HighDensity, person.Female ? 57 : 48, 10, 25, 100);
        // A low total beside high fractions is impossible: the total is at least their sum and 20 mg/dL of LDL.
        total = Math.Max(total, PortableMath.Round(density + triglycerides / 5 + 20, 0));
        var low = PortableMath.Round(total - density - triglycerides / 5, 0);
        File(visit, at, issued, Analyte.Cholesterol, total);
        File(visit, at, issued, Analyte.Triglycerides, triglycerides);
        File(visit, at, issued, Analyte.HighDensity, density);
        File(visit, at, issued, Analyte.LowDensity, low);
        Report(visit, at, issued, Panel.Lipids, first);
    }

    public void Hepatic(VisitEntry visit)
    {
        var at = visit.At.AddMinutes(15);
        var issued = Issued(at);
        var first = chart.NextOrdinal;
        foreach (var analyte in (ReadOnlySpan<Analyte>)[Analyte.AlanineTransferase, Analyte.AspartateTransferase,
                     Analyte.AlkalinePhosphatase, Analyte.Albumin, Analyte.Bilirubin])
            File(visit, at, issued, analyte, body.Healthy(analyte));
        Report(visit, at, issued, Panel.Hepatic, first);
    }

    public void GlycatedHemoglobin(VisitEntry visit) =>
        Single(visit, Analyte.GlycatedHemoglobin, body.GlycatedHemoglobin(visit.At));

    public void Thyrotropin(VisitEntry visit) =>
        Single(visit, Analyte.Thyrotropin,
            body.Around(Analyte.Thyrotropin, traits.Has(Diagnosis.Hypothyroidism) ? 3.4 : 1.9, 0.9, 0.3, 9.5));

    public void CReactiveProtein(VisitEntry visit, bool infected) =>
        Single(visit, Analyte.CReactiveProtein, body.Around(Analyte.CReactiveProtein, infected ? 65 : 2.5, infected ? 30 : 1.2, 0.3, 240));

    public void Lactate(VisitEntry visit) => Single(visit, Analyte.Lactate, body.Around(Analyte.Lactate, 1.5, 0.5, 0.5, 4.5));

    private void Single(VisitEntry visit, Analyte analyte, decimal value)
    {
        var at = visit.At.AddMinutes(15);
        File(visit, at, Issued(at), analyte, value);
    }

    private void File(VisitEntry visit, DateTime at, DateTime issued, Analyte analyte, decimal value) =>
        chart.Entries.Add(new LabEntry(chart.NextOrdinal, visit.Ordinal, at, analyte, value, issued));

    private void Report(VisitEntry visit, DateTime at, DateTime issued, Concept panel, int first) => chart.Entries.Add(
        new ReportEntry(chart.NextOrdinal, visit.Ordinal, at, panel, first, chart.NextOrdinal - first, issued));

    private DateTime Issued(DateTime at) => at.AddMinutes(rng.Between(45, 600));
}
