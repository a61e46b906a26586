using PatientGrains.Fhir.Generator;

if (args.Length != 2 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: PatientGrains.Fhir.Generator <folder of HL7's R4 4.0.1 definitions, *.json.gz> <schema file to write>");
    return 2;
}
var definitions = Definitions.Load(args[0]);
var left = new List<string>();
File.WriteAllText(args[1], SchemaText.Write(definitions, left));
foreach (string note in left)
    Console.Error.WriteLine(note);
return 0;
