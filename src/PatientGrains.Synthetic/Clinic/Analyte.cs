namespace PatientGrains.Synthetic.Clinic;

/// <summary>
/// What a laboratory measures. LOINC codes and names as on loinc.org; units UCUM; reference ranges are typical adult ones, close to those
/// of the American Board of Internal Medicine's published list. Healthy means and deviations lie inside them and are chosen to be
/// plausible. Conversion factors follow from the molar masses (glucose 180.16, creatinine 113.12, urea nitrogen 28.01, cholesterol
/// 386.65, triolein 885.4, bilirubin 584.66, calcium 40.078 g/mol); HbA1c by the IFCC-NGSP master equation, NGSP = 0.09148 IFCC + 2.152.
/// </summary>
internal sealed class Analyte
{
    public required Scale Scale { get; init; }

    /// <summary>The same quantity as another laboratory reports it, and how to get there; null where all agree.</summary>
    public Scale? Other { get; init; }

    public Conversion? ToOther { get; init; }

    public double Mean { get; init; }

    public double Deviation { get; init; }

    public static readonly Analyte Sodium = In("2951-2", "Sodium [Moles/volume] in Serum or Plasma", "mmol/L", 0, 136, 145, 140, 2);
    public static readonly Analyte Potassium =
        In("2823-3", "Potassium [Moles/volume] in Serum or Plasma", "mmol/L", 1, 3.5m, 5.0m, 4.2, 0.3);
    public static readonly Analyte Chloride = In("2075-0", "Chloride [Moles/volume] in Serum or Plasma", "mmol/L", 0, 98, 106, 102, 2);
    public static readonly Analyte Bicarbonate =
        In("2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma", "mmol/L", 0, 23, 28, 25.5, 1.3);
    public static readonly Analyte UreaNitrogen = In("3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma", "mg/dL", 0, 8, 20, 14, 3)
        .Or("22664-7", "Urea nitrogen [Moles/volume] in Serum or Plasma", "mmol/L", 1, new(0.357m));
    public static readonly Analyte Creatinine = new Analyte
    {
        Scale = new("2160-0", "Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 2, new(0.50m, 1.10m), new(0.70m, 1.30m)),
        Mean = 0.92,
        Deviation = 0.12,
    }.Or("14682-9", "Creatinine [Moles/volume] in Serum or Plasma", "umol/L", 0, new(88.4m));
    public static readonly Analyte Glucose = In("2345-7", "Glucose [Mass/volume] in Serum or Plasma", "mg/dL", 0, 70, 99, 90, 7)
        .Or("14749-6", "Glucose [Moles/volume] in Serum or Plasma", "mmol/L", 1, new(0.0555m));
    public static readonly Analyte Calcium = In("17861-6", "Calcium [Mass/volume] in Serum or Plasma", "mg/dL", 1, 8.6m, 10.2m, 9.4, 0.3)
        .Or("2000-8", "Calcium [Moles/volume] in Serum or Plasma", "mmol/L", 2, new(0.2495m));
    public static readonly Analyte FiltrationRate = In("98979-8",
        "Glomerular filtration rate/1.73 sq M.predicted [Volume Rate/Area] in Serum, Plasma or Blood "
        + "by Creatinine-based formula (CKD-EPI 2021)",
        "mL/min/{1.73_m2}", 0, 60, null, 0, 0);

    public static readonly Analyte Leukocytes =
        In("6690-2", "Leukocytes [#/volume] in Blood by Automated count", "10*3/uL", 1, 4.0m, 11.0m, 7.0, 1.4);
    public static readonly Analyte Erythrocytes = Sexed("789-8", "Erythrocytes [#/volume] in Blood by Automated count", "10*6/uL", 2,
        new(3.80m, 5.20m), new(4.40m, 5.90m));
    public static readonly Analyte Hemoglobin =
        Sexed("718-7", "Hemoglobin [Mass/volume] in Blood", "g/dL", 1, new(12.0m, 16.0m), new(13.5m, 17.5m))
        .Or("718-7", "Hemoglobin [Mass/volume] in Blood", "g/L", 0, new(10m));
    public static readonly Analyte Hematocrit = Sexed("4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count", "%", 1,
        new(36.0m, 46.0m), new(41.0m, 51.0m));
    public static readonly Analyte CellVolume = In("787-2", "MCV [Entitic volume] by Automated count", "fL", 1, 80.0m, 100.0m, 89.5, 4);
    public static readonly Analyte CellHemoglobin = In("785-6", "MCH [Entitic mass] by Automated count", "pg", 1, 27.0m, 34.0m, 0, 0);
    public static readonly Analyte CellHemoglobinConcentration =
        In("786-4", "MCHC [Mass/volume] by Automated count", "g/dL", 1, 32.0m, 36.0m, 33.8, 0.6);
    public static readonly Analyte Platelets =
        In("777-3", "Platelets [#/volume] in Blood by Automated count", "10*3/uL", 0, 150, 400, 250, 45);

    public static readonly Analyte Cholesterol =
        In("2093-3", "Cholesterol [Mass/volume] in Serum or Plasma", "mg/dL", 0, null, 199, 186, 28)
        .Or("14647-2", "Cholesterol [Moles/volume] in Serum or Plasma", "mmol/L", 2, new(0.02586m));
    public static readonly Analyte Triglycerides =
        In("2571-8", "Triglyceride [Mass/volume] in Serum or Plasma", "mg/dL", 0, null, 149, 105, 35)
        .Or("14927-8", "Triglyceride [Moles/volume] in Serum or Plasma", "mmol/L", 2, new(0.01129m));
    public static readonly Analyte HighDensity =
        In("2085-9", "Cholesterol in HDL [Mass/volume] in Serum or Plasma", "mg/dL", 0, 40, null, 53, 12)
        .Or("14646-4", "Cholesterol in HDL [Moles/volume] in Serum or Plasma", "mmol/L", 2, new(0.02586m));
    public static readonly Analyte LowDensity =
        In("13457-7", "Cholesterol in LDL [Mass/volume] in Serum or Plasma by calculation", "mg/dL", 0, null, 129, 0, 0);

    public static readonly Analyte GlycatedHemoglobin =
        In("4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", "%", 1, 4.0m, 5.6m, 5.3, 0.2)
        .Or("59261-8", "Hemoglobin A1c/Hemoglobin.total in Blood by IFCC protocol", "mmol/mol", 0, new(10.931m, 2.152m));

    public static readonly Analyte AlanineTransferase =
        In("1742-6", "Alanine aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, 10, 40, 23, 6);
    public static readonly Analyte AspartateTransferase =
        In("1920-8", "Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, 10, 40, 22, 5);
    public static readonly Analyte AlkalinePhosphatase =
        In("6768-6", "Alkaline phosphatase [Enzymatic activity/volume] in Serum or Plasma", "U/L", 0, 30, 120, 72, 17);
    public static readonly Analyte Albumin = In("1751-7", "Albumin [Mass/volume] in Serum or Plasma", "g/dL", 1, 3.5m, 5.5m, 4.3, 0.25);
    public static readonly Analyte Bilirubin =
        In("1975-2", "Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 1, 0.1m, 1.2m, 0.6, 0.2)
        .Or("14631-6", "Bilirubin.total [Moles/volume] in Serum or Plasma", "umol/L", 0, new(17.1m));

    public static readonly Analyte CReactiveProtein =
        In("1988-5", "C reactive protein [Mass/volume] in Serum or Plasma", "mg/L", 1, null, 8.0m, 2.5, 1.2);
    public static readonly Analyte Lactate = In("2524-7", "Lactate [Moles/volume] in Serum or Plasma", "mmol/L", 1, 0.5m, 2.0m, 1.1, 0.3);
    public static readonly Analyte Thyrotropin =
        In("3016-3", "Thyrotropin [Units/volume] in Serum or Plasma", "m[IU]/L", 2, 0.50m, 4.00m, 1.9, 0.6);

    private static Analyte In(
        string loinc, string name, string unit, int decimals, decimal? low, decimal? high, double mean, double deviation)
    {
        var range = new ReferenceRange(low, high);
        return new() { Scale = new(loinc, name, unit, decimals, range, range), Mean = mean, Deviation = deviation };
    }

    private static Analyte Sexed(string loinc, string name, string unit, int decimals, ReferenceRange female, ReferenceRange male) =>
        new() { Scale = new(loinc, name, unit, decimals, female, male) };

    private Analyte Or(string loinc, string name, string unit, int decimals, Conversion by) => new()
    {
        Scale = Scale,
        Mean = Mean,
        Deviation = Deviation,
        ToOther = by,
        Other = new(loinc, name, unit, decimals, Scale.Female?.Converted(by, decimals), Scale.Male?.Converted(by, decimals)),
    };
}

/// <summary>A DiagnosticReport's code.</summary>
internal static class Panel
{
    public static readonly Concept Metabolic = Concept.Of(Concept.Loinc, "24321-2", "Basic metabolic 2000 panel - Serum or Plasma");
    public static readonly Concept BloodCount = Concept.Of(Concept.Loinc, "58410-2", "CBC panel - Blood by Automated count");
    public static readonly Concept Lipids = Concept.Of(Concept.Loinc, "24331-1", "Lipid 1996 panel - Serum or Plasma");
    public static readonly Concept Hepatic = Concept.Of(Concept.Loinc, "24325-3", "Hepatic function 2000 panel - Serum or Plasma");
}
