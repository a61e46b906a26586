namespace PatientGrains.Synthetic.Clinic;

/// <summary>A condition by SNOMED CT and by ICD-10-CM.</summary>
internal sealed class Diagnosis(string snomed, string name, string icd10, string icd10Name)
{
    public Concept Code { get; } = Concept.Of(name, (Concept.Snomed, snomed, name), (Concept.Icd10, icd10, icd10Name));

    public static readonly Diagnosis Hypertension = new("59621000", "Essential hypertension", "I10", "Essential (primary) hypertension");
    public static readonly Diagnosis Diabetes =
        new("44054006", "Diabetes mellitus type 2", "E11.9", "Type 2 diabetes mellitus without complications");
    public static readonly Diagnosis Prediabetes = new("15777000", "Prediabetes", "R73.03", "Prediabetes");
    public static readonly Diagnosis Hyperlipidemia = new("55822004", "Hyperlipidemia", "E78.5", "Hyperlipidemia, unspecified");
    public static readonly Diagnosis Obesity = new("414916001", "Obesity", "E66.9", "Obesity, unspecified");
    public static readonly Diagnosis Asthma = new("195967001", "Asthma", "J45.909", "Unspecified asthma, uncomplicated");
    public static readonly Diagnosis Copd =
        new("13645005", "Chronic obstructive lung disease", "J44.9", "Chronic obstructive pulmonary disease, unspecified");
    public static readonly Diagnosis KidneyDisease =
        new("433144002", "Chronic kidney disease stage 3", "N18.30", "Chronic kidney disease, stage 3 unspecified");
    public static readonly Diagnosis CoronaryDisease =
        new("53741008", "Coronary arteriosclerosis", "I25.10",
            "Atherosclerotic heart disease of native coronary artery without angina pectoris");
    public static readonly Diagnosis AtrialFibrillation =
        new("49436004", "Atrial fibrillation", "I48.91", "Unspecified atrial fibrillation");
    public static readonly Diagnosis HeartFailure = new("84114007", "Heart failure", "I50.9", "Heart failure, unspecified");
    public static readonly Diagnosis Hypothyroidism = new("40930008", "Hypothyroidism", "E03.9", "Hypothyroidism, unspecified");
    public static readonly Diagnosis Osteoarthritis =
        new("396275006", "Osteoarthritis", "M19.90", "Unspecified osteoarthritis, unspecified site");
    public static readonly Diagnosis Depression =
        new("370143000", "Major depressive disorder", "F32.9", "Major depressive disorder, single episode, unspecified");
    public static readonly Diagnosis Gout = new("90560007", "Gout", "M10.9", "Gout, unspecified");

    public static readonly Diagnosis Appendicitis = new("74400008", "Appendicitis", "K37", "Unspecified appendicitis");
    public static readonly Diagnosis Pneumonia = new("233604007", "Pneumonia", "J18.9", "Pneumonia, unspecified organism");
    public static readonly Diagnosis Laceration =
        new("284549007", "Laceration of hand", "S61.419A", "Laceration without foreign body of unspecified hand, initial encounter");
}

/// <summary>
/// What brings somebody to a doctor for a week: whom, how often against the others, how feverish, and what is prescribed.
/// </summary>
internal sealed record Complaint(Diagnosis Diagnosis, double Weight, int LeastAge, int MostAge, double FeverCel, Medication? Treatment)
{
    public bool WomenOnly { get; init; }

    /// <summary>Weights are chosen to be plausible: respiratory infections lead, as they do in ambulatory care surveys.</summary>
    public static readonly Complaint[] All =
    [
        new(new("444814009", "Viral sinusitis", "J01.90", "Acute sinusitis, unspecified"), 3, 3, 120, 0.6, null),
        new(new("195662009", "Acute viral pharyngitis", "J02.9", "Acute pharyngitis, unspecified"),
            3, 2, 120, 1.0, Medication.Acetaminophen),
        new(new("10509002", "Acute bronchitis", "J20.9", "Acute bronchitis, unspecified"), 2, 5, 120, 0.8, Medication.Acetaminophen),
        new(new("65363002", "Otitis media", "H66.90", "Otitis media, unspecified, unspecified ear"), 6, 0, 10, 1.4, Medication.Amoxicillin),
        new(new("68566005", "Urinary tract infectious disease", "N39.0", "Urinary tract infection, site not specified"), 2, 16, 120, 0.5,
            Medication.Nitrofurantoin) { WomenOnly = true },
        new(new("75498004", "Acute bacterial sinusitis", "J01.90", "Acute sinusitis, unspecified"), 1, 8, 120, 1.0, Medication.Coamoxiclav),
        new(new("279039007", "Low back pain", "M54.50", "Low back pain, unspecified"), 2, 20, 120, 0, Medication.Ibuprofen),
        new(new("44465007", "Sprain of ankle", "S93.409A", "Sprain of unspecified ligament of unspecified ankle, initial encounter"),
            1.5, 6, 70, 0, Medication.Ibuprofen),
        new(new("25374005", "Gastroenteritis", "K52.9", "Noninfective gastroenteritis and colitis, unspecified"), 1.5, 0, 120, 0.7, null),
        new(new("840539006", "COVID-19", "U07.1", "COVID-19"), 1, 0, 120, 1.2, Medication.Acetaminophen),
    ];
}
