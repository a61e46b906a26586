namespace PatientGrains.Synthetic.Clinic;

/// <summary>A medication by RxNorm clinical drug, how it is taken, and for how long (0 = until further notice).</summary>
internal sealed class Medication(string rxNorm, string name, int perDay, int days = 0)
{
    public Concept Code { get; } = Concept.Of(Concept.RxNorm, rxNorm, name);

    public int PerDay { get; } = perDay;

    public int Days { get; } = days;

    public static readonly Medication Lisinopril = new("314076", "lisinopril 10 MG Oral Tablet", 1);
    public static readonly Medication Amlodipine = new("197361", "amlodipine 5 MG Oral Tablet", 1);
    public static readonly Medication Hydrochlorothiazide = new("310798", "hydrochlorothiazide 25 MG Oral Tablet", 1);
    public static readonly Medication Metformin = new("860975", "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet", 2);
    public static readonly Medication Atorvastatin = new("259255", "atorvastatin 80 MG Oral Tablet", 1);
    public static readonly Medication Simvastatin = new("312961", "simvastatin 20 MG Oral Tablet", 1);
    public static readonly Medication Levothyroxine = new("966222", "levothyroxine sodium 0.075 MG Oral Tablet", 1);
    public static readonly Medication Fluoxetine = new("310385", "fluoxetine 20 MG Oral Capsule", 1);
    public static readonly Medication Albuterol = new("745679", "200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler", 4);
    public static readonly Medication Furosemide = new("313988", "furosemide 40 MG Oral Tablet", 1);
    public static readonly Medication Warfarin = new("855332", "warfarin sodium 5 MG Oral Tablet", 1);
    public static readonly Medication Aspirin = new("243670", "aspirin 81 MG Oral Tablet", 1);
    public static readonly Medication Allopurinol = new("197319", "allopurinol 100 MG Oral Tablet", 1);
    public static readonly Medication Acetaminophen = new("313782", "acetaminophen 325 MG Oral Tablet", 4, 7);
    public static readonly Medication Ibuprofen = new("310965", "ibuprofen 200 MG Oral Tablet", 3, 7);
    public static readonly Medication Amoxicillin = new("308182", "amoxicillin 250 MG Oral Capsule", 3, 10);
    public static readonly Medication Coamoxiclav = new("562251", "amoxicillin 250 MG / clavulanate 125 MG Oral Tablet", 3, 10);
    public static readonly Medication Nitrofurantoin = new("311995", "nitrofurantoin, macrocrystals 50 MG Oral Capsule", 4, 7);
}

/// <summary>An allergy or intolerance: what to, which kind, how it shows.</summary>
internal sealed class Allergen(string snomed, string name, string category, string criticality, Concept reaction)
{
    public Concept Code { get; } = Concept.Of(Concept.Snomed, snomed, name);

    /// <summary>AllergyIntolerance.category: medication, food or environment.</summary>
    public string Category { get; } = category;

    public string Criticality { get; } = criticality;

    public Concept Reaction { get; } = reaction;

    private static readonly Concept Urticaria = Concept.Of(Concept.Snomed, "126485001", "Urticaria");
    private static readonly Concept Rash = Concept.Of(Concept.Snomed, "271807003", "Eruption of skin");
    private static readonly Concept Anaphylaxis = Concept.Of(Concept.Snomed, "39579001", "Anaphylaxis");
    private static readonly Concept Rhinitis = Concept.Of(Concept.Snomed, "70076002", "Rhinitis");

    public static readonly Allergen Penicillin = new("91936005", "Allergy to penicillin", "medication", "high", Urticaria);

    /// <summary>
    /// Each with the share of people who report it. Penicillin: about 10 % of US patients (Shenoy et al., JAMA 2019;321:188-199), drawn
    /// apart; these others are chosen to be plausible.
    /// </summary>
    public static readonly (Allergen Allergen, double Share)[] Others =
    [
        (new("91939003", "Allergy to sulfonamide", "medication", "low", Rash), 0.04),
        (new("91935009", "Allergy to peanut", "food", "high", Anaphylaxis), 0.018),
        (new("300913006", "Allergy to shellfish", "food", "high", Anaphylaxis), 0.028),
        (new("91930004", "Allergy to egg protein", "food", "low", Urticaria), 0.008),
        (new("300916003", "Allergy to latex", "environment", "low", Rash), 0.01),
        (new("418689008", "Allergy to grass pollen", "environment", "low", Rhinitis), 0.08),
        (new("424213003", "Allergy to bee venom", "environment", "high", Anaphylaxis), 0.01),
    ];

    public static readonly Concept NoneKnown = Concept.Of(Concept.Snomed, "716186003", "No known allergy");
}

/// <summary>Vaccines by CVX.</summary>
internal static class Vaccine
{
    public static readonly Concept Influenza = Cvx("140", "Influenza, seasonal, injectable, preservative free");
    public static readonly Concept TetanusDiphtheria = Cvx("113", "Td (adult) preservative free");
    public static readonly Concept TetanusDiphtheriaPertussis = Cvx("115", "Tdap");
    public static readonly Concept Pneumococcal13 = Cvx("133", "Pneumococcal conjugate PCV 13");
    public static readonly Concept Pneumococcal23 = Cvx("33", "pneumococcal polysaccharide vaccine, 23 valent");
    public static readonly Concept Zoster = Cvx("187", "zoster recombinant");
    public static readonly Concept ChildhoodDtap = Cvx("20", "DTaP");
    public static readonly Concept Polio = Cvx("10", "IPV");
    public static readonly Concept MeaslesMumpsRubella = Cvx("03", "MMR");
    public static readonly Concept Varicella = Cvx("21", "varicella");
    public static readonly Concept HepatitisB = Cvx("08", "Hep B, adolescent or pediatric");
    public static readonly Concept Haemophilus = Cvx("49", "Hib (PRP-OMP)");
    public static readonly Concept Rotavirus = Cvx("119", "rotavirus, monovalent");
    public static readonly Concept Meningococcal = Cvx("114", "meningococcal MCV4P");

    /// <summary>
    /// Age in months and what is due then, a simplified reading of the CDC/ACIP child and adolescent immunization schedule.
    /// </summary>
    public static readonly (int Month, Concept[] Due)[] ChildSchedule =
    [
        (2, [ChildhoodDtap, Polio, Haemophilus, Pneumococcal13, Rotavirus, HepatitisB]),
        (4, [ChildhoodDtap, Polio, Haemophilus, Pneumococcal13, Rotavirus]),
        (6, [ChildhoodDtap, Polio, Pneumococcal13, HepatitisB]),
        (12, [MeaslesMumpsRubella, Varicella, Haemophilus, Pneumococcal13]),
        (15, [ChildhoodDtap]),
        (48, [ChildhoodDtap, Polio, MeaslesMumpsRubella, Varicella]),
        (132, [TetanusDiphtheriaPertussis, Meningococcal]),
        (192, [Meningococcal]),
    ];

    private static Concept Cvx(string code, string display) => Concept.Of(Concept.Cvx, code, display);
}

/// <summary>Procedures by SNOMED CT.</summary>
internal static class Intervention
{
    public static readonly Concept Colonoscopy = Snomed("73761001", "Colonoscopy");
    public static readonly Concept Mammography = Snomed("71651007", "Mammography");
    public static readonly Concept Electrocardiogram = Snomed("29303009", "Electrocardiographic procedure");
    public static readonly Concept ChestXray = Snomed("399208008", "Plain chest X-ray");
    public static readonly Concept Spirometry = Snomed("127783003", "Spirometry");
    public static readonly Concept Appendectomy = Snomed("80146002", "Appendectomy");
    public static readonly Concept WoundSuture = Snomed("288086009", "Suture open wound");

    private static Concept Snomed(string code, string display) => Concept.Of(Concept.Snomed, code, display);
}
